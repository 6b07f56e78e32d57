import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLog, lineOf } from "./log.ts";

/** What a terminal would get of what `work` logs. */
function seen(work: (log: ReturnType<typeof createLog>) => void): string {
  let text = "";
  const terminal = { isTTY: true, write: (more: string) => (text += more) };
  work(createLog("info", terminal as unknown as NodeJS.WriteStream));
  return text;
}

describe("the log at a terminal", () => {
  test("is a line for each entry, with time, level and facts", () => {
    assert.match(
      seen((log) => log.warn({ signal: "SIGTERM" }, "stopping")),
      /^\d\d:\d\d:\d\d warn stopping \(signal SIGTERM\)\n$/,
    );
  });

  test("shows where an error comes from, indented below", () => {
    const text = lineOf({ level: 50, time: 0, msg: "broke", err: { message: "no", stack: "Error: no\n    at x" } });
    assert.match(text, /error broke\n {2}Error: no\n {6}at x\n$/);
  });

  test("leaves secrets out, and shows control characters instead of obeying them", () => {
    const text = seen((log) => log.info({ request: { token: "hush" } }, "name \x1b[2J"));
    assert.doesNotMatch(text, /hush|\x1b/);
    assert.match(text, /name \\x1b\[2J/);
  });
});

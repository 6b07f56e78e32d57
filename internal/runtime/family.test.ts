import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { killFamily } from "./family.ts";

test("a member that shows no environment at one look, because it begins another program, is ended at a later one", async (t) => {
  const child = spawn("sleep", ["4242"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const member = { pid: child.pid as number, parent: 1, session: child.pid as number, marked: true };
  const looks = [[], [{ ...member, marked: false }], [member]];
  await killFamily({ root: 0, mark: "KNOT_COMMAND=x" }, 20, async () => looks.shift() ?? []);
  assert.deepEqual(looks, []);
  assert.deepEqual(await ended, [null, "SIGKILL"]);
});

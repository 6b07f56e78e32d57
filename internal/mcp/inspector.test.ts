import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "../testkit/inspector.ts";
import { FakeCatalogue, fakeTool, text, waitingTool } from "./fixtures/catalogue.ts";
import { daemonFor } from "./fixtures/daemon.ts";

describe("the Inspector's command line", () => {
  for (const era of ["modern", "legacy"]) {
    test(`connects, lists, searches and executes, ${era}`, async (t) => {
      const greet = fakeTool({ name: "greet", run: ({ who }) => text(`Hello, ${who}!`) });
      const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([greet]) });
      const ask = async (...args: string[]) =>
        (await inspect(daemon.url, "ada", "--protocol-era", era, ...args)).answer;
      const listed = (await ask("--method", "tools/list")) as { tools: { name: string }[] };
      assert.deepEqual(
        listed.tools.map(({ name }) => name),
        ["tool_search", "execute_tool"],
      );
      const found = await ask("--method", "tools/call", "--tool-name", "tool_search", "--tool-arg", "query=greet");
      assert.deepEqual((found as { content: unknown }).content, [{ type: "text", text: "greet" }]);
      const called = ["--tool-name", "execute_tool", "--tool-arg", "name=greet", 'arguments={"who":"Ada"}'];
      const executed = await ask("--method", "tools/call", ...called);
      assert.deepEqual((executed as { content: unknown }).content, [{ type: "text", text: "Hello, Ada!" }]);
    });
  }

  test("aborts the call when it is killed, in the era where to go away is to cancel", async (t) => {
    const { tool, started, aborted } = waitingTool();
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
    const called = ["--method", "tools/call", "--tool-name", "wait"];
    const { child, answer } = await inspect(daemon.url, "ada", "--protocol-era", "modern", ...called);
    const { signal } = await started;
    child.kill("SIGKILL");
    await assert.rejects(answer);
    await aborted;
    assert.equal(signal.aborted, true);
  });
});

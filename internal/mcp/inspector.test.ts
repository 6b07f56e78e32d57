import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Call } from "../operation/call.ts";
import { FakeCatalogue, fakeTool, text } from "./fixtures/catalogue.ts";
import { startDaemon } from "./fixtures/daemon.ts";

const launcher = join(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);

/** Starts the Inspector's CLI as ada, in a folder of its own for what it keeps. */
async function inspect(url: string, ...args: string[]): Promise<{ child: ChildProcess; answer: Promise<unknown> }> {
  const home = await mkdtemp(join(tmpdir(), "knot-inspector-"));
  const all = [launcher, "--cli", url, "--transport", "http", "--header", "Authorization: Bearer ada", ...args];
  const env = { ...process.env, HOME: home, MCP_CATALOG_PATH: join(home, "catalog.json") };
  const child = spawn(process.execPath, all, { env, cwd: home, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  const answer = once(child, "close").then(async ([code]) => {
    await rm(home, { recursive: true, force: true });
    if (code !== 0) throw new Error(`${code}: ${output}`);
    return JSON.parse(output);
  });
  return { child, answer };
}

describe("the Inspector's command line", () => {
  for (const era of ["modern", "legacy"]) {
    test(`connects, lists, searches and executes, ${era}`, async () => {
      const greet = fakeTool({ name: "greet", run: ({ who }) => text(`Hello, ${who}!`) });
      await using daemon = await startDaemon({ catalogue: new FakeCatalogue([greet]) });
      const ask = async (...args: string[]) => (await inspect(daemon.url, "--protocol-era", era, ...args)).answer;
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

  test("aborts the call when it is killed, in the era where to go away is to cancel", async () => {
    const started = Promise.withResolvers<Call>();
    const wait = fakeTool({
      name: "wait",
      native: true,
      run: async (_args, call) => {
        started.resolve(call);
        await once(call.signal, "abort");
        return text("too late");
      },
    });
    await using daemon = await startDaemon({ catalogue: new FakeCatalogue([wait]) });
    const called = ["--method", "tools/call", "--tool-name", "wait"];
    const { child, answer } = await inspect(daemon.url, "--protocol-era", "modern", ...called);
    const { signal } = await started.promise;
    child.kill("SIGKILL");
    await assert.rejects(answer);
    if (!signal.aborted) await once(signal, "abort");
    assert.equal(signal.aborted, true);
  });
});

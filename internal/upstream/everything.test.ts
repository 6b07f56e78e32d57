import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, type TestContext, test } from "node:test";
import type { Progress } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import { everythingServer } from "../testkit/packaged.ts";
import { callOf } from "../testkit/principal.ts";
import type { ToolResult } from "../tool/tool.ts";
import { connectedPool, until } from "./fixtures.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** The real reference server over Streamable HTTP; `stop` kills it, `start` brings it back on the same port. */
async function everythingOverHttp(t: TestContext) {
  const port = await freePort();
  const start = async () => {
    const child = spawn(process.execPath, [everythingServer, "streamableHttp"], {
      env: { PATH: process.env["PATH"], PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ready = Promise.withResolvers<void>();
    child.stderr?.on("data", (text) => /listening on port/.test(String(text)) && ready.resolve());
    child.once("exit", () => ready.reject(new Error("the reference server ended")));
    await ready.promise;
    return child;
  };
  let child = await start();
  const stop = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  t.after(stop);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop,
    start: async () => {
      child = await start();
    },
  };
}

const overStdio = async () => ({ command: process.execPath, args: [everythingServer, "stdio"] });
const overHttp = async (t: TestContext) => ({ url: (await everythingOverHttp(t)).url });

for (const [how, serverOf] of [
  ["stdio", overStdio],
  ["Streamable HTTP", overHttp],
] as const) {
  describe(`the reference server over ${how}`, () => {
    test("is listed with prefixed names and called by either name", async (t) => {
      const { source, call, status } = await connectedPool(t, await serverOf(t));
      assert.ok(source.list().some(({ name }) => name === "up__echo"));
      const expected: ToolResult = { content: [{ type: "text", text: "Echo: hi" }] };
      assert.deepEqual(await call("up__echo", { message: "hi" }), expected);
      assert.deepEqual(await call("up.echo", { message: "hi" }), expected);
      assert.equal(status().era, "legacy");
    });

    test("keeps structured content, binary content and errors as they are", async (t) => {
      const { call } = await connectedPool(t, await serverOf(t));
      const structured = await call("up__get-structured-content", { location: "New York" });
      assert.equal(typeof structured.structuredContent?.["temperature"], "number");
      assert.deepEqual(JSON.parse(String(structured.content[0]?.["text"])), structured.structuredContent);
      const image = (await call("up__get-tiny-image", {})).content.find(({ type }) => type === "image");
      assert.ok(String(image?.["data"]).startsWith("iVBORw0KGgo"));
      const wrong = await call("up__get-sum", { a: "x" });
      assert.equal(wrong.isError, true);
    });

    test("reports progress, and stops when the caller does", async (t) => {
      const { call } = await connectedPool(t, await serverOf(t));
      const progress: Progress[] = [];
      const report = (each: Progress) => progress.push(each);
      await call("up__trigger-long-running-operation", { duration: 0.2, steps: 2 }, callOf({ report }));
      assert.deepEqual(
        progress.map(({ percent }) => percent),
        [50, 100],
      );
      const caller = new AbortController();
      const running = call(
        "up__trigger-long-running-operation",
        { duration: 600, steps: 600 },
        callOf({ signal: caller.signal }),
      );
      setTimeout(() => caller.abort(), 50);
      await assert.rejects(running, (thrown: unknown) => thrown instanceof Problem && thrown.code === "cancelled");
    });

    test("answers many calls at once, each with its own answer", async (t) => {
      const { call } = await connectedPool(t, await serverOf(t));
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, at) => call("up__echo", { message: `call ${at}` })),
      );
      assert.deepEqual(
        answers.map(({ content }) => content[0]?.["text"]),
        answers.map((_, at) => `Echo: call ${at}`),
      );
    });
  });
}

describe("the reference server", () => {
  test("gets no environment but what is declared", async (t) => {
    const { call } = await connectedPool(t, { ...(await overStdio()), env: { DECLARED: "yes" } });
    const result = await call("up__get-env", {});
    const env = JSON.parse(String(result.content[0]?.["text"]));
    assert.deepEqual(Object.keys(env).sort(), ["DECLARED", "PATH"]);
  });

  test("is used again after it was killed and started anew", async (t) => {
    const server = await everythingOverHttp(t);
    const { call, status } = await connectedPool(t, { url: server.url });
    await server.stop();
    await assert.rejects(
      call("up__echo", { message: "lost" }),
      (thrown: unknown) =>
        thrown instanceof Problem && thrown.code === "upstream_unavailable" && /"up"/.test(thrown.message),
    );
    assert.equal(status().status, "degraded");
    await server.start();
    await until(() => status().status === "connected");
    assert.deepEqual((await call("up__echo", { message: "back" })).content, [{ type: "text", text: "Echo: back" }]);
  });

  test("costs no call when it was restarted between two of them", async (t) => {
    const server = await everythingOverHttp(t);
    const { call } = await connectedPool(t, { url: server.url });
    await server.stop();
    await server.start();
    assert.deepEqual((await call("up__echo", { message: "again" })).content, [{ type: "text", text: "Echo: again" }]);
  });
});

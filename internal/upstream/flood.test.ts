import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Progress } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import { callOf } from "../testkit/principal.ts";
import { EventCutter, TooLarge } from "./event-cutter.ts";
import { connectedPool, hostileServer, poolOf, tool, until } from "./fixtures.ts";
import { NoticeBudget, noticeIn } from "./notice-budget.ts";

const stream = { "content-type": "text/event-stream" };
const failed = (text: RegExp) => (thrown: unknown) =>
  thrown instanceof Problem && thrown.code === "upstream_failed" && text.test(thrown.message);

describe("a server that sends too much", () => {
  test("has the surplus of its notices dropped, its answer passed on, and a warning", async (t) => {
    const server = await hostileServer(t, tool("noisy"));
    server.intercept = (request, res) => {
      if (request.method !== "tools/call") return false;
      const { progressToken } = (request.params as { _meta: { progressToken: number } })._meta;
      const notice = (progress: number) => ({
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken, progress },
      });
      res.writeHead(200, stream);
      for (let at = 1; at <= 20_000; at++) res.write(`data: ${JSON.stringify(notice(at))}\n\n`);
      const answer = { jsonrpc: "2.0", id: request.id, result: { content: [{ type: "text", text: "\u{1f680}" }] } };
      res.end(`data: ${JSON.stringify(answer)}\r\n\r\n`);
      return true;
    };
    const { call, status } = await connectedPool(t, { url: server.url });
    const progress: Progress[] = [];
    const { content } = await call("up__noisy", {}, callOf({ report: (each) => progress.push(each) }));
    assert.deepEqual(content, [{ type: "text", text: "\u{1f680}" }]);
    assert.ok(progress.length >= 1000 && progress.length < 10_000, `${progress.length} notices`);
    assert.deepEqual(status().warnings, ["it sends too many notices; some are dropped"]);
  });

  test("and announces other tools all the time is not asked for them all the time, but has its last word", async (t) => {
    const server = await hostileServer(t, tool("one"));
    const { names } = await connectedPool(t, { url: server.url });
    for (let at = 0; at < 3000; at++) server.announceChange();
    server.tools = [tool("two")];
    server.announceChange();
    await until(() => names().includes("up__two"));
    assert.ok(server.seen.filter((what) => what === "tools/list").length < 10);
  });

  test("has an answer that is nested too deep refused", async (t) => {
    const server = await hostileServer(t, tool("deep"));
    server.intercept = ({ method, id }, res) => {
      if (method !== "tools/call") return false;
      const nested = "[".repeat(100_000) + "]".repeat(100_000);
      res.writeHead(200, { "content-type": "application/json" });
      res.end(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"x":${nested}}}`);
      return true;
    };
    const { call } = await connectedPool(t, { url: server.url });
    await assert.rejects(call("up__deep"), failed(/nested more than 500 deep/));
  });

  test("drips its answer byte by byte and costs no more than the time limit", async (t) => {
    const server = await hostileServer(t, tool("drip"));
    server.intercept = ({ method }, res) => {
      if (method !== "tools/call") return false;
      res.writeHead(200, stream);
      const timer = setInterval(() => res.write(":"), 10);
      res.on("close", () => clearInterval(timer));
      return true;
    };
    const { call } = await connectedPool(t, { url: server.url, timeout_seconds: 0.3 });
    await assert.rejects(
      call("up__drip"),
      (thrown: unknown) => thrown instanceof Problem && thrown.code === "timed_out",
    );
    await until(() => server.abandoned.includes("tools/call drip"));
  });

  test("in one page of its list says so and offers nothing", async (t) => {
    const server = await hostileServer(t, tool("big", { description: "x".repeat(10_000_000) }));
    const { upstreams, status } = poolOf(t, { url: server.url });
    upstreams.start();
    await until(() => status().status === "failed");
    assert.match(String(status().error), /more than 4 MiB/);
  });
});

describe("what a server asks of its client", () => {
  for (const method of ["elicitation/create", "sampling/createMessage", "roots/list"]) {
    test(`is refused, and the call goes on: ${method}`, async (t) => {
      const server = await hostileServer(t, tool("curious"));
      let refusal: unknown;
      let finish = () => {};
      server.intercept = (request, res) => {
        if (request.id === "question") {
          refusal = (request as unknown as { error: { code: number } }).error.code;
          res.writeHead(202).end();
          finish();
          return true;
        }
        if (request.method !== "tools/call") return false;
        const answer = { jsonrpc: "2.0", id: request.id, result: { content: [] } };
        finish = () => res.end(`data: ${JSON.stringify(answer)}\n\n`);
        const question = { jsonrpc: "2.0", id: "question", method, params: {} };
        res.writeHead(200, stream).write(`data: ${JSON.stringify(question)}\n\n`);
        return true;
      };
      const { call } = await connectedPool(t, { url: server.url });
      assert.deepEqual((await call("up__curious")).content, []);
      assert.equal(refusal, -32_601);
    });
  }
});

describe("a stream of events", () => {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  for (const [how, chunks] of [
    ["at once", ["data: a\n\ndata: b\n\n"]],
    ["cut in an event", ["data: ", "a\n\nda", "ta: b\n\n"]],
    ["cut in its end", ["data: a\n", "\ndata: b\n", "\n"]],
  ] as const) {
    test(`is cut into the same events when it comes ${how}`, () => {
      const events: string[] = [];
      const cutter = new EventCutter((event) => events.push(event) > 0);
      const passed = chunks.map((chunk) => text(cutter.push(Buffer.from(chunk)))).join("");
      assert.deepEqual([events, passed], [["data: a\n\n", "data: b\n\n"], chunks.join("")]);
    });
  }

  test("keeps characters that are cut in two", () => {
    const cutter = new EventCutter(() => true);
    const bytes = Buffer.from("data: \u{1f680}\r\n\r\n");
    const passed = [bytes.subarray(0, 8), bytes.subarray(8)].map((chunk) => text(cutter.push(chunk)));
    assert.deepEqual(passed, ["", bytes.toString()]);
  });

  test("of one event without an end is refused", () => {
    const cutter = new EventCutter(() => true);
    const chunk = Buffer.alloc(1024 * 1024, "x");
    for (let at = 0; at < 4; at++) cutter.push(chunk);
    assert.throws(() => cutter.push(chunk), TooLarge);
  });
});

test("a notice is a method without an id", () => {
  const texts = ['{"method":"a"}', '{"method":"a","id":1}', '{"id":1,"result":{}}', '{"method":7}', "null", "[", ""];
  assert.deepEqual(texts.map(noticeIn), ["a", null, null, null, null, null, null]);
});

test("a budget of notices is a burst, and then so many a second", () => {
  const budget = new NoticeBudget();
  const now = Date.now();
  const take = (count: number, at: number) =>
    Array.from({ length: count }, () => budget.take(at)).filter(Boolean).length;
  assert.deepEqual([take(2000, now), take(2000, now + 2000)], [1000, 200]);
});

import assert from "node:assert/strict";
import { type IncomingMessage, ServerResponse } from "node:http";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { FastifyRequest } from "fastify";
import { Problem } from "../problem/problem.ts";
import type { ApprovalStates } from "./approval.ts";
import { createFastLane } from "./fast-lane.ts";
import { FakeCatalogue, fakeTool, text, waitingTool } from "./fixtures/catalogue.ts";
import { modernRequest, post } from "./fixtures/clients.ts";
import { daemonFor, startDaemon, type TestDaemon, user } from "./fixtures/daemon.ts";

const tools = [
  fakeTool({ name: "greet", title: "", native: true, run: ({ who }) => text(`Hello, ${who}!`) }),
  fakeTool({
    name: "measure",
    output_schema: { type: "object", properties: { n: { type: "integer" } } },
    run: (_args, { client }) => ({ ...text(client), structuredContent: { n: 1 }, _meta: { "knot/a": 1 } }),
  }),
  fakeTool({ name: "break", run: () => ({ ...text("It broke."), isError: true }) }),
  fakeTool({
    name: "throw",
    run: () => {
      throw new Problem("conflict", "It is busy.");
    },
  }),
  fakeTool({
    name: "region",
    input_schema: { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } },
  }),
];

let fast: TestDaemon;
let slow: TestDaemon;
before(async () => {
  fast = await startDaemon({ catalogue: new FakeCatalogue(tools) });
  slow = await startDaemon({ catalogue: new FakeCatalogue(tools), fastLane: false });
});
after(async () => {
  await fast[Symbol.asyncDispose]();
  await slow[Symbol.asyncDispose]();
});

type Request = { readonly body: unknown; readonly headers: Record<string, string> };

/** What a client sees of the answer; call ids differ from call to call. */
async function answerOf(daemon: TestDaemon, { body, headers }: Request) {
  const response = await post(daemon.url, body, { headers });
  const type = response.headers.get("content-type")?.split(";")[0];
  const shown = (await response.text()).replace(/"instance":"[^"]+"/, '"instance":"any"');
  return { status: response.status, type, answer: type === "application/json" ? JSON.parse(shown) : shown };
}

async function assertSame(request: Request): Promise<void> {
  assert.deepEqual(await answerOf(fast, request), await answerOf(slow, request));
}

const call = (name: string, args: unknown = {}, meta = {}) =>
  modernRequest(1, "tools/call", { name, arguments: args as Record<string, unknown> }, meta);
const client = { "io.modelcontextprotocol/clientInfo": { name: "host", version: "2" } };

describe("the fast lane", () => {
  const requests: Record<string, Request> = {
    "a list": modernRequest("a", "tools/list"),
    "a list with a cursor": modernRequest(1, "tools/list", { cursor: "x" }),
    "a call": call("greet", { who: "Ada" }, client),
    "a call without arguments": modernRequest(2, "tools/call", { name: "greet" }),
    "structured content and _meta": call("measure", {}, client),
    "an error of the tool": call("break"),
    "a problem": call("throw"),
    "an unknown tool": call("nope"),
    "an inner call": call("execute_tool", { name: "greet", arguments: { who: "Bob" } }),
    "a tool with headers": call("region", { region: "eu" }),
    "a call with a state": modernRequest(1, "tools/call", { name: "greet", requestState: "made up" }),
    "arguments that are none": call("greet", []),
    "a version the body does not name": {
      ...call("greet"),
      body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "greet" } },
    },
    "another name in the header": { ...call("greet"), headers: { ...call("greet").headers, "mcp-name": "break" } },
    "an encoded name": { ...call("greet"), headers: { ...call("greet").headers, "mcp-name": "=?base64?Z3JlZXQ=?=" } },
    "another method in the header": {
      ...call("greet"),
      headers: { ...call("greet").headers, "mcp-method": "tools/list" },
    },
    progress: call("greet", {}, { progressToken: 1 }),
  };
  for (const [what, request] of Object.entries(requests)) {
    test(`answers ${what} as the SDK does`, () => assertSame(request));
  }

  test("takes what is plain and nothing else", () => {
    const deps = { catalogue: fast.catalogue, states: {} as ApprovalStates, onInternal: () => {}, instructions: "" };
    const lane = createFastLane({ ...deps, info: { name: "knot", version: "0" } });
    const visit = { principal: user("ada"), mode: "native" as const, ip: "", agent: "" };
    const taken = Object.entries(requests).filter(([, { headers, body }]) => {
      const request = { method: "POST", headers, body } as unknown as FastifyRequest;
      return lane(request, new ServerResponse({ method: "POST" } as IncomingMessage), visit) !== null;
    });
    assert.deepEqual(
      taken.map(([what]) => what),
      [
        ...["a list", "a call", "a call without arguments", "structured content and _meta", "an error of the tool"],
        ...["a problem", "an inner call"],
      ],
    );
  });

  test("answers everything else as the SDK does", async () => {
    const key = fc.constantFrom("name", "arguments", "_meta", "cursor", "requestState", "inputResponses", "x");
    const metaKey = fc.constantFrom(
      ...["protocolVersion", "clientCapabilities", "clientInfo", "logLevel"].map(
        (name) => `io.modelcontextprotocol/${name}`,
      ),
      ...["progressToken", "knot/idempotency_key", "traceparent"],
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom("2026-07-28", "greet", { elicitation: {} }, { sampling: 1 }),
    );
    const change = fc.oneof(
      fc.record({ at: fc.constant("params" as const), key, value }),
      fc.record({ at: fc.constant("meta" as const), key: metaKey, value }),
      fc.record({ at: fc.constant("body" as const), key: fc.constantFrom("id", "jsonrpc", "method", "x"), value }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("tools/list", "tools/call"),
        change,
        async (method, { at, key: name, value: changed }) => {
          const { headers, body } = modernRequest(7, method, method === "tools/call" ? { name: "greet" } : {});
          const target = { params: body.params, meta: body.params._meta, body }[at] as Record<string, unknown>;
          target[name] = changed;
          await assertSame({ headers, body });
        },
      ),
      { seed: 20260728, numRuns: 600 },
    );
  });

  test("aborts the call of a client that goes away", async (t) => {
    const { tool, started, aborted } = waitingTool();
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
    const gone = new AbortController();
    const { headers, body } = call("wait");
    const sent = fetch(daemon.url, {
      method: "POST",
      signal: gone.signal,
      headers: { ...headers, authorization: "Bearer ada", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { signal } = await started;
    gone.abort();
    await assert.rejects(sent);
    await aborted;
    assert.equal(signal.aborted, true);
  });
});

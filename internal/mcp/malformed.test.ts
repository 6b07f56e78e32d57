import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FakeCatalogue, fakeTool } from "./fixtures/catalogue.ts";
import { beginSession, modernRequest, post } from "./fixtures/clients.ts";
import { daemonFor } from "./fixtures/daemon.ts";

const settings = { seed: 20260728, numRuns: 1500 };

const id = fc.oneof(
  fc.constantFrom(null, 0, -1, 1.5, 2 ** 60, "", "x".repeat(5000), true, {}, []),
  fc.integer(),
  fc.string(),
);
const method = fc.oneof(
  fc.constantFrom("tools/call", "tools/list", "initialize", "ping", "server/discover", "subscriptions/listen"),
  fc.constantFrom("__proto__", "constructor", "toString", "notifications/cancelled", "TOOLS/CALL", "resources/read"),
  fc.string(),
);
const key = fc.oneof(
  fc.constantFrom("name", "arguments", "_meta", "cursor", "requestState", "inputResponses", "NAME", "constructor"),
  fc.string(),
);
const params = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(key, fc.jsonValue()),
  fc.record({ name: fc.oneof(fc.constantFrom("greet", "execute_tool"), fc.string()), arguments: fc.jsonValue() }),
);
const message = fc.record(
  { jsonrpc: fc.oneof(fc.constant("2.0"), fc.constantFrom("1.0", 2, null)), id, method, params },
  { requiredKeys: [] },
);
const body = fc.oneof(
  { weight: 6, arbitrary: message.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 4 }).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.tuple(message, fc.nat()).map(([value, at]) => cut(JSON.stringify(value), at)) },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "[]",
      "{}",
      "null",
      "[".repeat(100_000),
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}}`,
      '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list","method":"ping"}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"greet"}}}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"__proto__":{"polluted":true}}}}',
      '{"JSONRPC":"2.0","ID":1,"METHOD":"tools/list"}',
      '\ud800{"jsonrpc":"2.0"}',
    ),
  },
);
const header = fc.oneof(fc.constantFrom("2026-07-28", "2025-11-25", "", "tools/call", "=?base64?!!?=", "greet"));

const cut = (text: string, at: number): string => text.slice(0, at % (text.length + 1));

/** What is wrong with an answer to nonsense; null when it is what a client can understand. */
async function faultOf(response: Response): Promise<string | null> {
  const text = await response.text();
  if (response.status >= 500) return `${response.status} ${text}`;
  if (text === "" || response.headers.get("content-type")?.startsWith("text/event-stream")) return null;
  const parsed: unknown = JSON.parse(text);
  const isMessage = (value: unknown) => (value as { jsonrpc?: unknown }).jsonrpc === "2.0";
  return (Array.isArray(parsed) ? parsed : [parsed]).every(isMessage) ? null : text;
}

const headerNames = ["mcp-protocol-version", "mcp-method", "mcp-name"];

describe("what is no JSON-RPC", () => {
  const catalogue = () => new FakeCatalogue([fakeTool({ name: "greet", native: true })]);

  test("is answered with an error a client understands, never with a fault of ours", async (t) => {
    const daemon = await daemonFor(t, { catalogue: catalogue() });
    const session = await beginSession(daemon.url, "ada");
    const sentTo = fc.constantFrom("modern", "session", "bare");
    const headers = fc.tuple(header, header, header);
    await fc.assert(
      fc.asyncProperty(body, sentTo, headers, async (sent, where, values) => {
        const own = Object.fromEntries(headerNames.map((name, index) => [name, values[index] ?? ""]));
        const sentHeaders = where === "bare" ? {} : where === "session" ? session : own;
        const stopped = AbortSignal.timeout(60_000);
        const response = await Promise.race([post(daemon.url, sent, { headers: sentHeaders }), aborted(stopped)]);
        assert.equal(await faultOf(response), null);
      }),
      settings,
    );
    const ping = await post(daemon.url, { jsonrpc: "2.0", id: "last", method: "ping" }, { headers: session });
    assert.match(await ping.text(), /"id":"last"/, "the session outlived it all");
    assert.deepEqual(daemon.internal, []);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  const nested = (depth: number) =>
    `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
  const bodies = {
    "nested too deep": nested(129),
    "with a __proto__ key": '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"__proto__":{}}}',
    "cut short": '{"jsonrpc":"2.0"',
    empty: "",
  };
  for (const [what, sent] of Object.entries(bodies)) {
    test(`is refused as unreadable when it is ${what}`, async (t) => {
      const daemon = await daemonFor(t);
      const response = await post(daemon.url, sent);
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as { error: { code: number } }).error.code, -32700);
    });
  }

  test("is not what is merely deep, or full of brackets in a text", async (t) => {
    const daemon = await daemonFor(t);
    const session = await beginSession(daemon.url, "ada");
    const brackets = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { a: '\\"['.repeat(1000) } });
    for (const sent of [nested(100), brackets]) {
      assert.equal((await post(daemon.url, sent, { headers: session })).status, 200);
    }
  });

  test("is too large when it is larger than the limit", async (t) => {
    const daemon = await daemonFor(t, { bodyLimit: 1000 });
    assert.equal((await post(daemon.url, `"${"x".repeat(1000)}"`)).status, 413);
  });

  test("is not read when it does not say that it is JSON", async (t) => {
    const daemon = await daemonFor(t);
    assert.equal((await post(daemon.url, "{}", { headers: { "content-type": "text/plain" } })).status, 415);
  });

  test("is answered well also when it nearly is", async (t) => {
    const daemon = await daemonFor(t, { catalogue: catalogue() });
    const nearly = fc.record({ at: fc.constantFrom("params", "_meta"), name: key, value: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(nearly, async ({ at, name, value }) => {
        const { headers, body: request } = modernRequest(1, "tools/call", { name: "greet", arguments: {} });
        const target = (at === "params" ? request.params : request.params._meta) as Record<string, unknown>;
        Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
        assert.equal(await faultOf(await post(daemon.url, request, { headers })), null);
      }),
      settings,
    );
    assert.deepEqual(daemon.internal, []);
  });
});

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("no answer"))));

import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, test } from "node:test";
import { FakeCatalogue, fakeTool, text } from "./fixtures/catalogue.ts";
import { beginSession, callModern, messagesOf, modernRequest, post } from "./fixtures/clients.ts";
import { daemonFor, user } from "./fixtures/daemon.ts";

const list = modernRequest(1, "tools/list");
const listed = async (url: string, headers: Record<string, string> = {}) => {
  const response = await post(url, list.body, { headers: { ...list.headers, ...headers } });
  const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
  return result.tools.map(({ name }) => name);
};

/** fetch does not let a Host header through. */
function statusFor(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers: { ...headers, authorization: "Bearer ada" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once("error", reject);
    sent.end("{}");
  });
}

describe("the gate of /mcp", () => {
  test("asks who it is, and tells a wrong token from none", async (t) => {
    const daemon = await daemonFor(t);
    const none = await post(daemon.url, list.body, { token: "", headers: list.headers });
    assert.equal(none.status, 401);
    assert.equal(none.headers.get("www-authenticate"), 'Bearer realm="knot", scope="mcp"');
    const wrong = await post(daemon.url, list.body, { token: "eve", headers: list.headers });
    assert.equal(wrong.status, 401);
    assert.match(wrong.headers.get("www-authenticate") ?? "", /^Bearer .*error="invalid_token"/);
    const { error } = (await wrong.json()) as { error: { data: { code: string } } };
    assert.equal(error.data.code, "unauthenticated");
  });

  test("takes no token from the address", async (t) => {
    const daemon = await daemonFor(t);
    const url = `${daemon.url}?access_token=ada&token=ada`;
    assert.equal((await post(url, list.body, { token: "", headers: list.headers })).status, 401);
  });

  test("wants the scope mcp, and says so in the challenge", async (t) => {
    const daemon = await daemonFor(t);
    daemon.tokens.set("rest", user("ada", { scopes: new Set(["api"]) }));
    daemon.tokens.set("reader", user("ada", { scopes: new Set(["read"]) }));
    const refused = await post(daemon.url, list.body, { token: "rest", headers: list.headers });
    assert.equal(refused.status, 403);
    assert.match(refused.headers.get("www-authenticate") ?? "", /error="insufficient_scope"/);
    assert.equal((await post(daemon.url, list.body, { token: "reader", headers: list.headers })).status, 200);
  });

  test("wants the permission mcp.use", async (t) => {
    const daemon = await daemonFor(t);
    daemon.tokens.set("weak", user("weak", { permissions: new Set(["spaces.use"]) }));
    const refused = await post(daemon.url, list.body, { token: "weak", headers: list.headers });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get("www-authenticate"), null);
  });

  for (const origin of ["https://evil.example", "null", "http://localhost:1", "http://localhost.evil.example"]) {
    test(`refuses a page of ${origin}`, async (t) => {
      const daemon = await daemonFor(t);
      assert.equal((await post(daemon.url, list.body, { headers: { ...list.headers, origin } })).status, 403);
    });
  }

  for (const host of ["evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io", "a b", "user@localhost"]) {
    test(`refuses the host name "${host}"`, async (t) => {
      const daemon = await daemonFor(t);
      assert.equal(await statusFor(daemon.url, { host, "content-type": "application/json" }), 403);
    });
  }

  test("lets configured hosts and pages in", async (t) => {
    const config = { allowed_hosts: ["knot.internal"], allowed_origins: ["https://app.example"] };
    const daemon = await daemonFor(t, { config });
    assert.equal(await statusFor(daemon.url, { host: "knot.internal:99", "content-type": "application/json" }), 400);
    const response = await post(daemon.url, list.body, { headers: { ...list.headers, origin: "https://app.example" } });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example");
    assert.match(response.headers.get("access-control-expose-headers") ?? "", /Mcp-Session-Id/);
  });

  test("answers a preflight of an allowed page only, without a token", async (t) => {
    const daemon = await daemonFor(t, { config: { allowed_origins: ["https://app.example"] } });
    const ask = (origin: string) =>
      fetch(daemon.url, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-headers": "authorization, mcp-param-region, x-evil" },
      });
    const allowed = await ask("https://app.example");
    assert.equal(allowed.status, 204);
    assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /authorization.*mcp-param-region/);
    assert.doesNotMatch(allowed.headers.get("access-control-allow-headers") ?? "", /x-evil/);
    assert.equal((await ask("https://evil.example")).status, 403);
  });

  test("refuses a browser's cookie that another page sends along", async (t) => {
    const session = user("ada", { credential: { kind: "session", id: "s", name: "browser" } });
    const daemon = await daemonFor(t, { authenticate: async () => session });
    const own = new URL(daemon.url).origin;
    const status = async (headers: Record<string, string>) =>
      (await post(daemon.url, list.body, { token: "", headers: { ...list.headers, ...headers } })).status;
    assert.equal(await status({}), 403);
    assert.equal(await status({ "sec-fetch-site": "cross-site" }), 403);
    assert.equal(await status({ "sec-fetch-site": "same-site", origin: own }), 403);
    assert.equal(await status({ "sec-fetch-site": "same-origin", origin: own }), 200);
    assert.equal(await status({ origin: own }), 200);
  });

  test("refuses other methods", async (t) => {
    const daemon = await daemonFor(t);
    const response = await fetch(daemon.url, { method: "PUT", headers: { authorization: "Bearer ada" } });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "GET, POST, DELETE, OPTIONS");
  });
});

describe("the mode of a request", () => {
  const catalogue = () => new FakeCatalogue([fakeTool({ name: "hidden_away" })]);
  const pair = ["tool_search", "execute_tool"];

  test("is discovery, and native when the address or the header asks for it", async (t) => {
    const daemon = await daemonFor(t, { catalogue: catalogue() });
    assert.deepEqual(await listed(daemon.url), pair);
    assert.deepEqual(await listed(`${daemon.url}?mode=native`), ["hidden_away"]);
    assert.deepEqual(await listed(daemon.url, { "x-mcp-show-all": "true" }), ["hidden_away"]);
  });

  test("is native by configuration, and discovery when the address asks for it", async (t) => {
    const daemon = await daemonFor(t, { catalogue: catalogue(), config: { native_tools: true } });
    assert.deepEqual(await listed(daemon.url), ["hidden_away"]);
    assert.deepEqual(await listed(`${daemon.url}?mode=discovery`), pair);
  });

  test("is refused when it is none", async (t) => {
    const daemon = await daemonFor(t);
    assert.equal((await post(`${daemon.url}?mode=all`, list.body, { headers: list.headers })).status, 400);
  });
});

describe("2026-07-28", () => {
  test("marks lists as private and says how long they may be kept", async (t) => {
    const daemon = await daemonFor(t);
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/list");
    assert.equal(answer.result.cacheScope, "private");
    assert.ok(answer.result.ttlMs >= 0);
  });

  test("refuses a header that differs from the argument it repeats", async (t) => {
    const input_schema = { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } };
    const daemon = await daemonFor(t, {
      catalogue: new FakeCatalogue([fakeTool({ name: "deploy", input_schema })]),
    });
    const { headers, body } = modernRequest(1, "tools/call", { name: "deploy", arguments: { region: "eu" } });
    for (const [region, code] of [
      ["us", -32020],
      [undefined, -32020],
      ["=?base64?dXM=?=", -32020],
      ["=?base64?ZXU=?=", undefined],
      ["eu", undefined],
    ] as const) {
      const response = await post(daemon.url, body, {
        headers: { ...headers, ...(region === undefined ? {} : { "mcp-param-region": region }) },
      });
      assert.equal(((await response.json()) as { error?: { code: number } }).error?.code, code);
    }
  });

  test("refuses an unknown version with the ones there are", async (t) => {
    const daemon = await daemonFor(t);
    const { body } = modernRequest(1, "tools/list");
    body.params._meta["io.modelcontextprotocol/protocolVersion"] = "2030-01-01";
    const response = await post(daemon.url, body, {
      headers: { "mcp-protocol-version": "2030-01-01", "mcp-method": "tools/list" },
    });
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { code: number; data: { supported: string[] } } };
    assert.equal(error.code, -32022);
    assert.deepEqual(error.data.supported, ["2026-07-28"]);
  });

  test("logs what failed when the request asks for a level", async (t) => {
    const fail = fakeTool({ name: "fail", run: () => ({ ...text("It broke."), isError: true }) });
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([fail]) });
    const { headers, body } = modernRequest(
      1,
      "tools/call",
      { name: "fail" },
      { "io.modelcontextprotocol/logLevel": "info" },
    );
    const [logged, answer] = messagesOf(await (await post(daemon.url, body, { headers })).text());
    assert.equal(logged.params.data.message, "It broke.");
    assert.equal(answer.result.isError, true);
    const silent = await callModern(daemon.url, "ada", 1, "tools/call", { name: "fail" });
    assert.equal(silent.answer.result.isError, true);
  });

  test("has neither streams to open nor sessions to end", async (t) => {
    const daemon = await daemonFor(t);
    const session = await beginSession(daemon.url, "ada");
    for (const method of ["GET", "DELETE"]) {
      const headers = { ...session, "mcp-protocol-version": "2026-07-28", authorization: "Bearer ada" };
      assert.equal((await fetch(daemon.url, { method, headers })).status, 405);
    }
    assert.equal(daemon.door.sessions(), 1);
  });

  test("has no cursor to give or to take", async (t) => {
    const daemon = await daemonFor(t);
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/list", { cursor: "next" });
    assert.equal(answer.error.code, -32602);
  });
});

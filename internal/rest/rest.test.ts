import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { restUnderTest } from "../testkit/rest.ts";
import { bodyLimitOf } from "./operation-route.ts";

const all = { authorization: "Bearer all" };
const cookie = { cookie: "session=1" };

describe("the REST door", () => {
  test("runs an operation from a body and answers its output", async (t) => {
    const { server } = restUnderTest(t);
    const made = await server.inject({ method: "POST", url: "/api/things", headers: all, payload: { name: "lamp" } });
    assert.equal(made.statusCode, 200);
    assert.equal(made.json().thing.name, "lamp");
    assert.match(made.headers["content-type"] as string, /^application\/json; charset=utf-8$/);
    const got = await server.inject({ url: "/api/things/lamp", headers: all });
    assert.equal(got.json().thing.name, "lamp");
  });

  test("gives query strings the types of the schema", async (t) => {
    const { server, audit } = restUnderTest(t);
    const query = "limit=5&kinds=round&kinds=square&large=false&within=%7B%22cpus%22%3A2%7D";
    const answer = await server.inject({ url: `/api/things?${query}`, headers: all });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(audit[0]?.outcome, "ok");
  });

  test("takes a slash inside a path part", async (t) => {
    const { server } = restUnderTest(t);
    const answer = await server.inject({ url: "/api/things/ann%2Fdev", headers: all });
    assert.match(answer.json().detail, /"ann\/dev"/);
  });

  test("refuses an unknown query key and names the nearest one", async (t) => {
    const { server } = restUnderTest(t);
    const answer = await server.inject({ url: "/api/things?limt=5", headers: all });
    assert.equal(answer.statusCode, 422);
    assert.deepEqual(answer.json().errors, [{ path: "/limt", message: 'is not a known field; did you mean "limit"?' }]);
  });

  test("refuses a query key given twice where one value is wanted", async (t) => {
    const { server } = restUnderTest(t);
    assert.equal((await server.inject({ url: "/api/things?large=true&large=false", headers: all })).statusCode, 422);
  });

  test("refuses an unknown field of a body", async (t) => {
    const { server, things } = restUnderTest(t);
    const payload = { name: "lamp", role: "admin", owner_id: "x" };
    const answer = await server.inject({ method: "POST", url: "/api/things", headers: all, payload });
    assert.equal(answer.statusCode, 422);
    assert.deepEqual(
      answer.json().errors.map(({ path }: { path: string }) => path),
      ["/role", "/owner_id"],
    );
    assert.equal(things.list({ limit: 10 }).total, 0);
  });

  test("refuses a path part that the body contradicts, and takes one it repeats", async (t) => {
    const { server, things } = restUnderTest(t);
    things.create({ name: "lamp", labels: {} });
    const request = (thing: string) =>
      server.inject({ method: "PATCH", url: "/api/things/lamp", headers: all, payload: { thing, labels: { a: "b" } } });
    assert.equal((await request("chair")).statusCode, 422);
    assert.equal((await request("lamp")).statusCode, 200);
  });

  test("refuses a __proto__ key", async (t) => {
    const { server } = restUnderTest(t);
    const headers = { ...all, "content-type": "application/json" };
    const body = '{"name":"lamp","__proto__":{"role":"admin"}}';
    assert.equal((await server.inject({ method: "POST", url: "/api/things", headers, body })).statusCode, 400);
    const query = await server.inject({ url: "/api/things?__proto__=1", headers: all });
    assert.equal(query.statusCode, 422);
  });

  test("refuses a body on GET and a query on POST", async (t) => {
    const { server } = restUnderTest(t);
    const post = await server.inject({
      method: "POST",
      url: "/api/things?name=x",
      headers: all,
      payload: { name: "x" },
    });
    assert.equal(post.json().code, "malformed");
    const remove = { method: "DELETE", url: "/api/things/x", headers: all, payload: { confirm: true } } as const;
    assert.equal((await server.inject(remove)).json().code, "malformed");
  });

  for (const [what, body, type, status] of [
    ["broken JSON", "{", "application/json", 400],
    ["a list", "[1]", "application/json", 400],
    ["a text", '"x"', "application/json", 400],
    ["a form", "name=x", "application/x-www-form-urlencoded", 400],
    ["plain text", "name", "text/plain", 400],
    ["more than 1 MiB", `{"name":"${"x".repeat(1024 * 1024)}"}`, "application/json", 413],
  ] as const) {
    test(`refuses a body that is ${what} with a problem document`, async (t) => {
      const { server } = restUnderTest(t);
      const headers = { ...all, "content-type": type };
      const answer = await server.inject({ method: "POST", url: "/api/things", headers, body });
      assert.equal(answer.statusCode, status);
      assert.match(answer.headers["content-type"] as string, /^application\/problem\+json/);
      assert.doesNotMatch(answer.body, /stack|node_modules/);
    });
  }

  test("reads a body only of who may come in, and a long one only where a field may be long", async (t) => {
    const { server } = restUnderTest(t);
    const stranger = { method: "POST", url: "/api/things", headers: { "content-type": "application/json" } } as const;
    assert.equal((await server.inject({ ...stranger, body: "{" })).statusCode, 401);
    const field = (maxLength: number) => ({ properties: { content: { type: "string", maxLength } } });
    assert.equal(bodyLimitOf(field(1000)), 1024 * 1024);
    assert.ok(bodyLimitOf(field(8 * 1024 * 1024)) > 16 * 1024 * 1024);
  });

  test("hides what broke and logs it", async (t) => {
    const { server, things, internals } = restUnderTest(t);
    things.create({ name: "broken", labels: {} });
    const answer = await server.inject({ method: "POST", url: "/api/things/broken/start", headers: all });
    assert.equal(answer.statusCode, 500);
    assert.doesNotMatch(answer.body, /secret cause/);
    assert.equal((internals[0] as Error).message, "secret cause");
  });

  test("answers a problem with the id of the call and Retry-After", async (t) => {
    const { server, things, audit } = restUnderTest(t);
    things.create({ name: "busy", labels: {} });
    const answer = await server.inject({ method: "POST", url: "/api/things/busy/start", headers: all });
    assert.equal(answer.statusCode, 429);
    assert.equal(answer.headers["retry-after"], "2");
    assert.equal(answer.json().instance, audit[0]?.call.id);
    assert.equal(answer.headers["knot-call-id"], audit[0]?.call.id);
  });

  test("hands the door, the client, the key and the approval to the call", async (t) => {
    const { server, audit } = restUnderTest(t);
    const payload = { name: "lamp" };
    const headers = { ...all, "idempotency-key": "k1", "knot-approval": "a1", "x-knot-client": "my\tscript" };
    await server.inject({ method: "POST", url: "/api/things", headers, payload });
    await server.inject({ url: "/api/things", headers: { ...all, "user-agent": "knot-cli/1" } });
    await server.inject({ url: "/api/things", headers: cookie });
    const calls = audit.map(({ call }) => call);
    assert.deepEqual(
      calls.map(({ door }) => door),
      ["rest", "cli", "web"],
    );
    assert.equal(calls[0]?.idempotency_key, "k1");
    assert.equal(calls[0]?.approval_id, "a1");
    assert.equal(calls[0]?.client, "myscript");
    assert.equal(calls[1]?.client, "knot-cli/1");
  });

  test("does not know a path that is not listed, and does nothing for it", async (t) => {
    const { server, audit } = restUnderTest(t);
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"] as const) {
      const answer = await server.inject({ method, url: "/api/nothing/here", headers: all });
      assert.equal(answer.statusCode, 404);
      assert.match(answer.headers["content-type"] as string, /problem\+json/);
    }
    assert.equal((await server.inject({ method: "PUT", url: "/api/things", headers: all })).statusCode, 404);
    assert.equal(audit.length, 0);
  });
});

describe("who may come in", () => {
  test("asks for a credential with WWW-Authenticate", async (t) => {
    const { server, audit } = restUnderTest(t);
    for (const url of ["/api/things", "/api/operations", "/api/openapi.json", "/api/events/stream"]) {
      const answer = await server.inject({ url });
      assert.equal(answer.statusCode, 401, url);
      assert.match(answer.headers["www-authenticate"] as string, /^Bearer/);
    }
    assert.equal(audit.length, 0);
  });

  test("does not take a token from the query", async (t) => {
    const { server } = restUnderTest(t);
    assert.equal((await server.inject({ url: "/api/things?token=all" })).statusCode, 401);
    assert.equal((await server.inject({ url: "/api/things?access_token=all" })).statusCode, 401);
  });

  test("refuses whom the waist refuses, and audits it", async (t) => {
    const { server, audit } = restUnderTest(t);
    const answer = await server.inject({ url: "/api/things", headers: { authorization: "Bearer none" } });
    assert.equal(answer.statusCode, 403);
    assert.equal(audit[0]?.outcome, "denied");
  });

  test("lets a token that only reads read and nothing else", async (t) => {
    const { server } = restUnderTest(t);
    const headers = { authorization: "Bearer reader" };
    assert.equal((await server.inject({ url: "/api/things", headers })).statusCode, 200);
    const write = await server.inject({ method: "POST", url: "/api/things", headers, payload: { name: "x" } });
    assert.equal(write.statusCode, 403);
  });

  test("refuses a token for /mcp alone", async (t) => {
    const { server } = restUnderTest(t);
    const headers = { authorization: "Bearer mcp-only" };
    assert.equal((await server.inject({ url: "/api/things", headers })).statusCode, 403);
    assert.equal((await server.inject({ url: "/api/events/stream", headers })).statusCode, 403);
  });

  for (const [what, headers] of [
    ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["nobody knows where", {}],
  ] as const) {
    test(`refuses a change with a cookie from ${what}`, async (t) => {
      const { server, things, audit } = restUnderTest(t);
      const request = { method: "POST", url: "/api/things", payload: { name: "x" } } as const;
      assert.equal((await server.inject({ ...request, headers: { ...cookie, ...headers } })).statusCode, 403);
      assert.equal(things.list({ limit: 1 }).total, 0);
      assert.equal(audit.length, 0);
      assert.equal(
        (await server.inject({ method: "POST", url: "/api/auth/login", headers, payload: {} })).statusCode,
        403,
      );
    });
  }

  test("takes a change with a cookie from knot's own pages", async (t) => {
    const { server } = restUnderTest(t);
    const headers = { ...cookie, "sec-fetch-site": "same-origin" };
    const answer = await server.inject({ method: "POST", url: "/api/things", headers, payload: { name: "x" } });
    assert.equal(answer.statusCode, 200);
  });
});

describe("every answer", () => {
  test("has the headers that protect a browser", async (t) => {
    const { server } = restUnderTest(t);
    for (const url of ["/api/things", "/api/nothing", "/nothing", "/healthz"]) {
      const { headers } = await server.inject({ url });
      assert.match(headers["content-security-policy"] as string, /script-src 'self';/);
      assert.match(headers["content-security-policy"] as string, /frame-ancestors 'none'/);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal(headers["cache-control"], "no-store");
      assert.equal(headers["strict-transport-security"], undefined);
    }
  });

  test("tells browsers to stay on https where there is https", async (t) => {
    const { server } = restUnderTest(t, { server: { https: true } });
    const { headers } = await server.inject({ url: "/healthz" });
    assert.match(headers["strict-transport-security"] as string, /^max-age=[3-9]\d{7}/);
  });

  test("is a refusal for TRACE and for more than 100 headers", async (t) => {
    const { server } = restUnderTest(t);
    assert.equal((await server.inject({ method: "TRACE" as "GET", url: "/api/things", headers: all })).statusCode, 404);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-${at}`, "1"]));
    assert.equal((await server.inject({ url: "/healthz", headers: many })).statusCode, 400);
  });

  test("does not believe X-Forwarded-For unless the proxy is trusted", async (t) => {
    const { server, audit } = restUnderTest(t);
    await server.inject({ url: "/api/things", headers: { ...all, "x-forwarded-for": "6.6.6.6" } });
    assert.equal(audit[0]?.call.ip, "127.0.0.1");
    const trusting = restUnderTest(t, { server: { trustedProxies: ["127.0.0.1"] } });
    await trusting.server.inject({ url: "/api/things", headers: { ...all, "x-forwarded-for": "6.6.6.6" } });
    assert.equal(trusting.audit[0]?.call.ip, "6.6.6.6");
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApprovalStates } from "./approval.ts";
import { Endpoint } from "./endpoint.ts";
import { FakeCatalogue, fakeTool, text, waitingTool } from "./fixtures/catalogue.ts";
import { beginSession, callModern, connectModern, messagesOf, post } from "./fixtures/clients.ts";
import { daemonFor, type TestDaemon, user } from "./fixtures/daemon.ts";
import { createLegacy } from "./legacy.ts";
import { Sessions } from "./sessions.ts";
import { authOf } from "./visit.ts";

const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };

const statusOf = async (daemon: TestDaemon, headers: Record<string, string>, token = "ada") => {
  const response = await post(daemon.url, list, { token, headers });
  await response.text();
  return response.status;
};

const stream = (daemon: TestDaemon, headers: Record<string, string>, token = "ada") =>
  fetch(daemon.url, { headers: { accept: "text/event-stream", authorization: `Bearer ${token}`, ...headers } });

const endpoint = () =>
  new Endpoint(
    {
      catalogue: new FakeCatalogue(),
      states: {} as ApprovalStates,
      onInternal: () => {},
      info: { name: "knot", version: "0" },
      instructions: "",
    },
    "legacy",
  );

/** A server with nothing but sessions, all of them ada's. */
async function serveSessions(t: TestContext, sessions: Sessions) {
  const visit = { principal: user("ada"), mode: "native" as const, ip: "", agent: "" };
  const legacy = createLegacy(sessions);
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const body = chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
    await legacy(Object.assign(request, { auth: authOf(visit) }), response, body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url };
}

describe("a session", () => {
  test("is nobody else's: a foreign id is answered as an unknown one", async (t) => {
    const daemon = await daemonFor(t);
    daemon.tokens.set("ada-2", user("ada", { credential: { kind: "token", id: "other-token", name: "phone" } }));
    const headers = await beginSession(daemon.url, "ada");
    assert.equal(await statusOf(daemon, headers), 200);
    const answers = await Promise.all(
      [
        { token: "bob", headers },
        { token: "ada-2", headers },
        { token: "bob", headers: { ...headers, "mcp-session-id": "made-up" } },
      ].map(async (sent) => {
        const response = await post(daemon.url, list, sent);
        return { status: response.status, body: await response.text() };
      }),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[2]);
    assert.equal(answers[0]?.status, 404);
    for (const method of ["GET", "DELETE"]) {
      const init = { method, headers: { accept: "text/event-stream", authorization: "Bearer bob", ...headers } };
      assert.equal((await fetch(daemon.url, init)).status, 404);
    }
    assert.equal(await statusOf(daemon, headers), 200);
  });

  test("has to be named", async (t) => {
    const daemon = await daemonFor(t);
    assert.equal(await statusOf(daemon, {}), 400);
    const nameless = await stream(daemon, {});
    assert.deepEqual([nameless.status, nameless.headers.get("allow")], [405, "POST"]);
  });

  test("is no credential", async (t) => {
    const daemon = await daemonFor(t);
    const headers = await beginSession(daemon.url, "ada");
    assert.equal(await statusOf(daemon, headers, ""), 401);
  });

  test("has an id nobody guesses", async (t) => {
    const daemon = await daemonFor(t);
    const { "mcp-session-id": id = "" } = await beginSession(daemon.url, "ada");
    assert.ok(Buffer.from(id, "base64url").length >= 16);
  });

  test("ends with DELETE", async (t) => {
    const daemon = await daemonFor(t);
    const headers = await beginSession(daemon.url, "ada");
    const init = { method: "DELETE", headers: { authorization: "Bearer ada", ...headers } };
    assert.equal((await fetch(daemon.url, init)).status, 200);
    assert.equal(await statusOf(daemon, headers), 404);
    assert.equal(daemon.door.sessions(), 0);
  });

  test("makes room for newer ones, the least recently used first", async (t) => {
    const daemon = await daemonFor(t, { config: { max_sessions: 2 } });
    const first = await beginSession(daemon.url, "ada");
    await sleep(5);
    const second = await beginSession(daemon.url, "ada");
    await sleep(5);
    await statusOf(daemon, first);
    await sleep(5);
    const third = await beginSession(daemon.url, "ada");
    assert.deepEqual(
      [await statusOf(daemon, first), await statusOf(daemon, second), await statusOf(daemon, third)],
      [200, 404, 200],
    );
    assert.equal(daemon.door.sessions(), 2);
  });

  test("is not pushed out by a user who opens many", async (t) => {
    const daemon = await daemonFor(t, { config: { max_sessions: 3 } });
    const ada = await beginSession(daemon.url, "ada");
    for (let index = 0; index < 5; index += 1) await beginSession(daemon.url, "bob");
    assert.equal(await statusOf(daemon, ada), 200);
  });

  for (const protocolVersion of ["2025-03-26", "2025-06-18", "2025-11-25"]) {
    test(`is begun in ${protocolVersion}`, async (t) => {
      const daemon = await daemonFor(t);
      const params = { protocolVersion, capabilities: {}, clientInfo: { name: "host", version: "1" } };
      const response = await post(daemon.url, { jsonrpc: "2.0", id: 0, method: "initialize", params });
      assert.equal(messagesOf(await response.text())[0].result.protocolVersion, protocolVersion);
    });
  }

  test("is not begun by what is no proper initialize", async (t) => {
    const daemon = await daemonFor(t);
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "host", version: "1" } };
    const initialize = { jsonrpc: "2.0", id: 0, method: "initialize", params };
    const headers = { accept: "application/json" };
    assert.equal((await post(daemon.url, initialize, { headers })).status, 406);
    assert.equal((await post(daemon.url, { ...initialize, params: {} })).status, 400);
    assert.equal((await post(daemon.url, [initialize, initialize])).status, 400);
    assert.equal(daemon.door.sessions(), 0);
  });

  test("ends when it is idle for too long, but not while a stream is open", async (t) => {
    let now = 0;
    const sessions = new Sessions({ idle_ms: 1000, max: 10, createEndpoint: endpoint, now: () => now });
    const server = await serveSessions(t, sessions);
    const begun = async () => (await beginSession(server.url, ""))["mcp-session-id"] ?? "";
    const [idle, open] = [await begun(), await begun()];
    const isKept = (id: string) => sessions.find(id, user("ada")) !== undefined;
    const headers = { accept: "text/event-stream", "mcp-session-id": open };
    const response = await fetch(server.url, { headers });
    now = 999;
    sessions.sweep();
    assert.deepEqual([isKept(idle), isKept(open)], [true, true]);
    now = 1000;
    sessions.sweep();
    assert.deepEqual([isKept(idle), isKept(open)], [false, true]);
    await response.body?.cancel();
    while (sessions.inUse > 0) await sleep(5);
    now = 1999;
    sessions.sweep();
    assert.equal(isKept(open), true);
    now = 2000;
    sessions.sweep();
    assert.equal(isKept(open), false);
    await sessions.close();
  });

  test("refuses a version it does not know", async (t) => {
    const daemon = await daemonFor(t);
    const headers = await beginSession(daemon.url, "ada");
    assert.equal(await statusOf(daemon, { ...headers, "mcp-protocol-version": "1999-01-01" }), 400);
  });

  test("takes empty lists for what there is none of, and ping", async (t) => {
    const daemon = await daemonFor(t);
    const headers = await beginSession(daemon.url, "ada");
    const ask = async (method: string) =>
      messagesOf(await (await post(daemon.url, { jsonrpc: "2.0", id: 1, method }, { headers })).text())[0];
    assert.deepEqual((await ask("ping")).result, {});
    assert.deepEqual((await ask("prompts/list")).result, { prompts: [] });
    assert.deepEqual((await ask("resources/list")).result, { resources: [] });
    assert.equal((await ask("no/such")).error.code, -32601);
  });

  test("logs what failed, from the level on that its client asked for", async (t) => {
    const fail = fakeTool({ name: "fail", run: () => ({ ...text("It broke."), isError: true }) });
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([fail]) });
    const headers = await beginSession(daemon.url, "ada");
    const ask = async (method: string, params: object) =>
      messagesOf(await (await post(daemon.url, { jsonrpc: "2.0", id: 1, method, params }, { headers })).text());
    const [logged, answer] = await ask("tools/call", { name: "fail" });
    assert.deepEqual(logged.params, { level: "warning", logger: "knot", data: { tool: "fail", message: "It broke." } });
    assert.equal(answer.result.isError, true);
    await ask("logging/setLevel", { level: "error" });
    assert.equal((await ask("tools/call", { name: "fail" })).length, 1);
  });

  for (const accept of [undefined, "*/*"]) {
    test(`is begun and used by who accepts ${accept ?? "without a word"}`, async (t) => {
      const daemon = await daemonFor(t);
      const said: Record<string, string> = accept === undefined ? {} : { accept };
      const sent = { "content-type": "application/json", authorization: "Bearer ada", ...said };
      const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "curl", version: "8" } };
      const begun = await plainPost(daemon.url, sent, { jsonrpc: "2.0", id: 0, method: "initialize", params });
      assert.equal(begun.status, 200);
      const session = { ...sent, "mcp-session-id": String(begun.session) };
      const { status } = await plainPost(daemon.url, session, { jsonrpc: "2.0", id: 1, method: "ping" });
      assert.equal(status, 200);
    });
  }
});

/** fetch never leaves `Accept` out. */
function plainPost(url: string, headers: Record<string, string>, body: object) {
  return new Promise<{ status: number | undefined; session: unknown }>((resolve, reject) => {
    const sent = request(url, { method: "POST", headers }, (response) => {
      response.resume();
      response.once("end", () => resolve({ status: response.statusCode, session: response.headers["mcp-session-id"] }));
    });
    sent.once("error", reject);
    sent.end(JSON.stringify(body));
  });
}

describe("streams and calls", () => {
  test("are bounded for each user", async (t) => {
    const daemon = await daemonFor(t, { maxOpenPerUser: 2 });
    const listen = await connectModern(daemon.url, "ada");
    const first = await listen.listen({ toolsListChanged: true });
    const headers = await beginSession(daemon.url, "ada");
    const held = await stream(daemon, headers);
    const refused = await post(daemon.url, list, { headers });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), "1");
    const bob = await beginSession(daemon.url, "bob");
    assert.equal(await statusOf(daemon, bob, "bob"), 200);
    await first.close();
    while (daemon.door.open() > 1) await sleep(5);
    assert.equal(await statusOf(daemon, headers), 200);
    await held.body?.cancel();
    await listen.close();
  });
});

describe("a revoked credential", () => {
  test("ends its sessions and streams at once, and nobody else's", async (t) => {
    const daemon = await daemonFor(t);
    const headers = await beginSession(daemon.url, "ada");
    const kept = await beginSession(daemon.url, "bob");
    const reader = (await stream(daemon, headers)).body?.getReader();
    const bobs = (await stream(daemon, kept, "bob")).body?.getReader();
    const modern = await connectModern(daemon.url, "ada");
    const subscription = await modern.listen({ toolsListChanged: true });
    daemon.tokens.delete("ada");
    daemon.revoke({ user_id: "ada", credential_id: "token-of-ada" });
    await reader?.read().catch(() => {});
    assert.equal(await subscription.closed, "remote");
    assert.equal(daemon.door.sessions(), 1);
    assert.equal(daemon.door.open(), 1);
    assert.equal(await statusOf(daemon, kept, "bob"), 200);
    await bobs?.cancel();
    await modern.close().catch(() => {});
  });

  test("ends the call that is running", async (t) => {
    const { tool, started, aborted } = waitingTool();
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
    const called = callModern(daemon.url, "ada", 1, "tools/call", { name: "wait" });
    await started;
    daemon.tokens.delete("ada");
    daemon.revoke({ user_id: "ada", credential_id: null });
    await assert.rejects(called);
    await aborted;
  });

  test("ends the call that runs in its session", async (t) => {
    const { tool, started, aborted } = waitingTool();
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
    const headers = await beginSession(daemon.url, "ada");
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "wait" } };
    const called = post(daemon.url, call, { headers });
    await started;
    daemon.revoke({ user_id: "ada", credential_id: "token-of-ada" });
    await aborted;
    await (await called).text().catch(() => {});
  });

  test("ends also when nobody announces it", async (t) => {
    const daemon = await daemonFor(t, { recheckMs: 10 });
    const modern = await connectModern(daemon.url, "ada");
    const subscription = await modern.listen({ toolsListChanged: true });
    daemon.tokens.delete("ada");
    assert.equal(await subscription.closed, "remote");
    await modern.close().catch(() => {});
  });

  test("is checked without using the credential", async (t) => {
    const purposes: string[] = [];
    const checked = Promise.withResolvers<void>();
    const daemon = await daemonFor(t, {
      recheckMs: 10,
      authenticate: async (_headers, purpose) => {
        purposes.push(purpose);
        if (purpose === "check") checked.resolve();
        return user("ada");
      },
    });
    const modern = await connectModern(daemon.url, "ada");
    await modern.listen({ toolsListChanged: true });
    const used = purposes.filter((purpose) => purpose === "use").length;
    await checked.promise;
    assert.equal(purposes.filter((purpose) => purpose === "use").length, used);
    await modern.close();
  });

  test("is not confused with rights that changed: those change the list", async (t) => {
    const daemon = await daemonFor(t);
    const modern = await connectModern(daemon.url, "ada");
    const heard = Promise.withResolvers<void>();
    modern.setNotificationHandler("notifications/tools/list_changed", () => heard.resolve());
    await modern.listen({ toolsListChanged: true });
    daemon.tokens.set("ada", user("ada", { permissions: new Set(["mcp.use"]) }));
    daemon.revoke({ user_id: null, credential_id: null });
    await heard.promise;
    await modern.close();
  });
});

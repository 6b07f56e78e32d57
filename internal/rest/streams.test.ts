import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type RestUnderTest, restUnderTest, tokenHolder } from "../testkit/rest.ts";
import { openEventStream } from "./event-stream.ts";

const all = { authorization: "Bearer all" };

/** Listens on a free port. */
async function listening(rest: RestUnderTest) {
  const base = await rest.server.listen({ host: "127.0.0.1", port: 0 });
  return { get: (path: string, init: RequestInit = {}) => fetch(base + path, { headers: all, ...init }) };
}

/** Reads the text of a stream until it contains what is awaited, or ends. */
function reader(response: Response) {
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async (awaited: string | null): Promise<string> => {
    while (awaited === null || !text.includes(awaited)) {
      const { done, value } = (await chunks?.read()) ?? { done: true };
      if (done) break;
      text += value;
    }
    return text;
  };
}

describe("the server", () => {
  test("gives a request little room and little time", async (t) => {
    const rest = restUnderTest(t);
    const { get } = await listening(rest);
    assert.equal((await get("/healthz", { headers: { "x-long": "x".repeat(15 * 1024) } })).status, 200);
    assert.equal((await get("/healthz", { headers: { "x-long": "x".repeat(17 * 1024) } })).status, 431);
    const { headersTimeout, requestTimeout, keepAliveTimeout } = rest.server.server;
    assert.deepEqual([headersTimeout, requestTimeout, keepAliveTimeout], [10_000, 60_000, 65_000]);
  });
});

describe("a write that streams", () => {
  const start = (name: string, init: RequestInit = {}) =>
    [
      `/api/things/${name}/start`,
      { ...init, method: "POST", headers: { ...all, accept: "text/event-stream" } },
    ] as const;

  test("reports progress, then the result", async (t) => {
    const rest = restUnderTest(t);
    rest.things.create({ name: "lamp", labels: {} });
    const { get } = await listening(rest);
    const response = await get(...start("lamp"));
    const text = await response.text();
    assert.deepEqual(
      [...text.matchAll(/^event: (.*)$/gm)].map(([, event]) => event),
      ["progress", "progress", "result"],
    );
    assert.match(text, /data: \{"message":"Warming up","percent":10\}/);
    assert.match(text, /event: result\ndata: \{"thing":\{"name":"lamp"/);
    assert.match(response.headers.get("content-security-policy") ?? "", /default-src/);
  });

  test("ends with a problem event when it fails", async (t) => {
    const { get } = await listening(restUnderTest(t));
    const text = await (await get(...start("nothing"))).text();
    assert.match(text, /event: problem\ndata: \{.*"code":"not_found"/);
  });

  test("is a plain problem when nobody may come in", async (t) => {
    const { get } = await listening(restUnderTest(t));
    const [path, init] = start("lamp");
    const response = await get(path, { ...init, headers: { accept: "text/event-stream" } });
    assert.equal(response.status, 401);
  });

  test("does not keep progress for who does not read it", async (t) => {
    const rest = restUnderTest(t);
    const { promise: held, resolve } = Promise.withResolvers<number>();
    rest.server.get("/chatty", async (_request, reply) => {
      const stream = openEventStream(reply);
      const data = "x".repeat(16 * 1024);
      for (let i = 0; i < 1000; i++) stream.offer({ event: "progress", data });
      resolve(reply.raw.writableLength);
      stream.end();
    });
    await (await listening(rest)).get("/chatty");
    assert.ok((await held) < 256 * 1024, `${await held} bytes`);
  });

  test("aborts the call when the caller goes away", async (t) => {
    const rest = restUnderTest(t);
    rest.things.create({ name: "slow", labels: {} });
    const { get } = await listening(rest);
    const gone = new AbortController();
    const response = await get(...start("slow", { signal: gone.signal }));
    await reader(response)("Nearly there");
    gone.abort();
    while (rest.audit.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(rest.audit[0]?.problem?.code, "cancelled");
  });
});

describe("a plain call", () => {
  test("is aborted when the caller goes away", async (t) => {
    const rest = restUnderTest(t);
    rest.things.create({ name: "slow", labels: {} });
    const { get } = await listening(rest);
    const gone = new AbortController();
    const answer = get("/api/things/slow/start", { method: "POST", signal: gone.signal }).catch(() => "gone");
    while (rest.things.started.length === 0) await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    assert.equal(await answer, "gone");
    while (rest.audit.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(rest.audit[0]?.problem?.code, "cancelled");
  });
});

describe("a call that still runs", () => {
  test("is aborted when the daemon stops", async (t) => {
    const stopping = new AbortController();
    const { server, things } = restUnderTest(t, { rest: { stopping: stopping.signal } });
    things.create({ name: "slow", labels: {} });
    const answer = server.inject({ method: "POST", url: "/api/things/slow/start", headers: all });
    while (things.started.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();
    assert.equal((await answer).json().code, "cancelled");
  });
});

describe("the event stream", () => {
  test("opens at once, before anything happens", async (t) => {
    const rest = restUnderTest(t);
    rest.feed.push(7);
    const { get } = await listening(rest);
    const response = await get("/api/events/stream");
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const read = reader(response);
    assert.equal(await read("event: open"), ': ok\nretry: 2000\n\nid: 7\nevent: open\ndata: {"seq":7}\n\n');
    rest.feed.push(9);
    assert.match(await read("id: 9"), /id: 9\ndata: \{"seq":9/);
  });

  test("resumes after ?after= and after Last-Event-ID, which wins", async (t) => {
    const rest = restUnderTest(t);
    for (const seq of [1, 2, 3]) rest.feed.push(seq);
    const { get } = await listening(rest);
    const one = await reader(await get("/api/events/stream?after=1"))("id: 3");
    assert.match(one, /id: 2\n/);
    const headers = { ...all, "last-event-id": "2" };
    const two = await reader(await get("/api/events/stream?after=1", { headers }))("id: 3");
    assert.doesNotMatch(two, /"seq":2,"at"/);
  });

  test("says that events were lost when it cannot resume", async (t) => {
    const rest = restUnderTest(t);
    rest.feed.oldest = 50;
    for (const seq of [50, 51]) rest.feed.push(seq);
    const { get } = await listening(rest);
    for (const after of [3, 400]) {
      const text = await reader(await get(`/api/events/stream?after=${after}`))("event: gap");
      assert.match(text, /id: 51\nevent: gap/);
    }
    const kept = await reader(await get("/api/events/stream?after=49"))("id: 51");
    assert.match(kept, /id: 49\nevent: open/);
    assert.doesNotMatch(kept, /gap/);
  });

  test("refuses a position that is none", async (t) => {
    const { server } = restUnderTest(t);
    for (const query of ["after=x", "after=-1", "from=1"]) {
      assert.equal((await server.inject({ url: `/api/events/stream?${query}`, headers: all })).statusCode, 422);
    }
  });

  for (const [what, change] of [
    ["is revoked", ({ principals }: RestUnderTest) => principals.delete("all")],
    [
      "may less than before",
      ({ principals }: RestUnderTest) => principals.set("all", tokenHolder({ permissions: new Set() })),
    ],
  ] as const) {
    test(`ends when its credential ${what}`, async (t) => {
      const rest = restUnderTest(t, { rest: { recheckMs: 10 } });
      const { get } = await listening(rest);
      const read = reader(await get("/api/events/stream"));
      await read("event: open");
      change(rest);
      await read(null);
      assert.equal(rest.feed.readers, 0);
    });
  }

  test("uses its credential once, when it is opened and not when it is resumed or checked", async (t) => {
    const checked = Promise.withResolvers<void>();
    const purposes: string[] = [];
    const rest = restUnderTest(t, {
      rest: {
        recheckMs: 10,
        authenticate: async (_headers, purpose) => {
          if (purposes.push(purpose) > 3) checked.resolve();
          return tokenHolder();
        },
      },
    });
    const { get } = await listening(rest);
    await reader(await get("/api/events/stream"))("event: open");
    await checked.promise;
    assert.equal(purposes.shift(), "use");
    assert.deepEqual([...new Set(purposes)], ["check"]);
    await reader(await get("/api/events/stream?after=0"))("event: open");
    assert.deepEqual([...new Set(purposes)], ["check"]);
  });

  test("ends when the daemon drains, and lets go of readers that left", async (t) => {
    const draining = new AbortController();
    const rest = restUnderTest(t, { rest: { draining: draining.signal } });
    const { get } = await listening(rest);
    const gone = new AbortController();
    await reader(await get("/api/events/stream", { signal: gone.signal }))("event: open");
    const stays = reader(await get("/api/events/stream"));
    await stays("event: open");
    gone.abort();
    while (rest.feed.readers > 1) await new Promise((resolve) => setImmediate(resolve));
    draining.abort();
    await stays(null);
    assert.equal(rest.feed.readers, 0);
  });
});

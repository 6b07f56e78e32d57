import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { restUnderTest } from "../testkit/rest.ts";
import type { thingOperations } from "../testkit/things.ts";
import { createClient } from "./client.ts";

type Things = typeof thingOperations;

async function connected(t: TestContext, token = "all") {
  const rest = restUnderTest(t);
  const baseUrl = await rest.server.listen({ host: "127.0.0.1", port: 0 });
  return { ...rest, baseUrl, client: createClient<Things>({ baseUrl, token, client: "client test" }) };
}

describe("the client", () => {
  test("calls by name, with parts in the path, the query and the body", async (t) => {
    const { client, audit } = await connected(t);
    const made = await client.call("create_thing", { name: "a/b c", labels: { x: "1" } }, { idempotencyKey: "k" });
    assert.ok(made.ok);
    assert.equal(made.value.thing.name, "a/b c");
    const listed = await client.call("list_things", { kinds: ["round", "square"], large: true, within: { cpus: 1 } });
    assert.ok(listed.ok);
    assert.equal(listed.value.total, 1);
    assert.ok((await client.call("list_things")).ok);
    assert.ok((await client.call("delete_thing", { thing: "a/b c", confirm: true })).ok);
    assert.equal(audit[0]?.call.idempotency_key, "k");
    assert.equal(audit[0]?.call.client, "client test");
  });

  test("is typed from the list of operations", async (t) => {
    const { client } = await connected(t);
    // @ts-expect-error there is no such operation
    const unknown = await client.call("start_nothing", {});
    assert.equal(!unknown.ok && unknown.problem.code, "not_found");
    // @ts-expect-error the field is misspelt
    const misspelt = await client.call("get_thing", { thin: "x" });
    assert.equal(misspelt.ok, false);
    // @ts-expect-error the input is missing
    await client.call("create_thing");
  });

  test("answers a problem instead of throwing", async (t) => {
    const { client } = await connected(t);
    const result = await client.call("get_thing", { thing: "nothing" });
    assert.equal(!result.ok && result.problem.status, 404);
  });

  test("hears progress of a write that streams", async (t) => {
    const { client, things } = await connected(t);
    things.create({ name: "lamp", labels: {} });
    const heard: string[] = [];
    const onProgress = ({ message }: { message: string }) => void heard.push(message);
    const result = await client.call("start_thing", { thing: "lamp" }, { onProgress });
    assert.equal(result.ok && result.value.thing.name, "lamp");
    assert.deepEqual(heard, ["Warming up", "Nearly there"]);
    const failed = await client.call("start_thing", { thing: "nothing" }, { onProgress });
    assert.equal(!failed.ok && failed.problem.code, "not_found");
  });

  test("tells a bad gateway, an unreachable server and a cancelled call apart", async () => {
    const page: typeof fetch = async () => new Response("<h1>Bad gateway</h1>", { status: 502 });
    const bad = await createClient<Things>({ fetch: page }).call("list_things");
    assert.match(!bad.ok ? bad.problem.detail : "", /answered 502/);
    const gone = await createClient<Things>({ baseUrl: "http://127.0.0.1:9" }).call("list_things");
    assert.match(!gone.ok ? gone.problem.detail : "", /could not be reached/);
    const routes = [{ name: "list_things", method: "GET", path: "/api/things", effect: "read" }];
    const never = createClient<Things>({ baseUrl: "http://127.0.0.1:9", routes });
    const cancelled = await never.call("list_things", {}, { signal: AbortSignal.abort() });
    assert.equal(!cancelled.ok && cancelled.problem.code, "cancelled");
  });

  test("asks for the routes again after a failure", async (t) => {
    const { baseUrl } = await connected(t);
    let calls = 0;
    const flaky: typeof fetch = (...args) => (calls++ === 0 ? Promise.reject(new Error("down")) : fetch(...args));
    const client = createClient<Things>({ fetch: flaky, baseUrl, token: "all" });
    assert.equal((await client.call("list_things")).ok, false);
    assert.equal((await client.call("list_things")).ok, true);
  });

  test("needs nothing but the platform", () => {
    const files = globSync("*.ts", { cwd: import.meta.dirname }).filter((file) => !file.endsWith(".test.ts"));
    const values = files.flatMap((file) => {
      const text = readFileSync(join(import.meta.dirname, file), "utf8");
      return [...text.matchAll(/^import (?!type)([^;]*?) from "([^"]+)"/gm)].map(([, , from]) => from);
    });
    assert.deepEqual(
      values.filter((from) => !from?.startsWith("./")),
      [],
    );
  });
});

describe("subscribe", () => {
  /** A wait that a test ends by hand. */
  const instantly = () => new Promise<void>((resolve) => setImmediate(resolve));

  test("hears events and goes on after the last one when the connection breaks", async (t) => {
    const { client, feed, server } = await connected(t);
    feed.push(1);
    const seen: number[] = [];
    let arrived = Promise.withResolvers<void>();
    const subscription = client.subscribe(
      0,
      ({ seq }) => {
        seen.push(seq);
        arrived.resolve();
      },
      { wait: instantly },
    );
    t.after(() => subscription.close());
    await arrived.promise;
    arrived = Promise.withResolvers();
    server.server.closeAllConnections();
    feed.push(2);
    await arrived.promise;
    assert.deepEqual(seen, [1, 2]);
  });

  test("comes back after a bad gateway", async (t) => {
    const { baseUrl, feed } = await connected(t);
    feed.push(1);
    let calls = 0;
    const flaky: typeof fetch = (...args) =>
      calls++ < 2 ? Promise.resolve(new Response("bad gateway", { status: 502 })) : fetch(...args);
    const client = createClient<Things>({ fetch: flaky, baseUrl, token: "all" });
    const seq = await new Promise<number>((resolve) => {
      const subscription = client.subscribe(0, (event) => resolve(event.seq), { wait: instantly });
      t.after(() => subscription.close());
    });
    assert.equal(seq, 1);
    assert.equal(calls, 3);
  });

  test("says when events were lost", async (t) => {
    const { client, feed } = await connected(t);
    feed.oldest = 50;
    feed.push(50);
    await new Promise<void>((resolve) => {
      const subscription = client.subscribe(3, () => {}, { onGap: resolve });
      t.after(() => subscription.close());
    });
  });

  test("stops when its credential is refused", async (t) => {
    const { baseUrl } = await connected(t);
    const client = createClient<Things>({ baseUrl, token: "wrong" });
    const code = await new Promise((resolve) =>
      client.subscribe(null, () => {}, { onRefused: (problem) => resolve(problem.code) }),
    );
    assert.equal(code, "unauthenticated");
  });

  test("leaves when it is closed", async (t) => {
    const { client, feed } = await connected(t);
    const opened = Promise.withResolvers<void>();
    const subscription = client.subscribe(null, () => {}, { onConnected: () => opened.resolve() });
    await opened.promise;
    subscription.close();
    while (feed.readers > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test("takes a silent connection for a dead one", async () => {
    let calls = 0;
    const again = Promise.withResolvers<void>();
    const silent: typeof fetch = async (_url, init) => {
      if (++calls === 2) again.resolve();
      const body = new ReadableStream({
        start: (controller) => init?.signal?.addEventListener("abort", () => controller.error(new Error("aborted"))),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const client = createClient<Things>({ fetch: silent });
    const subscription = client.subscribe(null, () => {}, { wait: instantly, silenceMs: 5 });
    await again.promise;
    subscription.close();
  });
});

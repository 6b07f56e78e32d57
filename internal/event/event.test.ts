import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createCall } from "../operation/call.ts";
import type { Permission } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";
import { SqlEvents } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";
import { openEvents, type StreamItem } from "./event.ts";
import { InOrder } from "./in-order.ts";
import type { NewEvent } from "./schema.ts";

const principal = (user_id = "ann", permissions: Permission[] = []): Principal => ({
  user_id,
  username: user_id,
  group_ids: [],
  permissions: new Set(permissions),
  scopes: new Set(["api"]),
  credential: { kind: "session", id: "s", name: "" },
});

const happening = (parts: Partial<NewEvent> = {}): NewEvent => ({
  type: "space.state",
  subject_kind: "space",
  subject_id: "s",
  user_id: null,
  message: "",
  data: {},
  ...parts,
});

const happen = (store: Store, parts: Partial<NewEvent> = {}, count = 1) =>
  store.transact(async ({ event }) => {
    for (let i = 0; i < count; i++) await event(happening(parts));
  });

async function open(t: TestContext, store: Store, parts: { buffer?: number; replay?: number; gap_ms?: number } = {}) {
  const events = await openEvents({
    store: new SqlEvents(store),
    listen: (listener) => store.onEvents(listener),
    ...parts,
  });
  t.after(() => events[Symbol.dispose]());
  return events;
}

/** Takes so many items and leaves. */
async function take(stream: AsyncIterable<StreamItem>, count: number): Promise<(number | "gap")[]> {
  const taken: (number | "gap")[] = [];
  for await (const item of stream) {
    taken.push("gap" in item ? "gap" : item.seq);
    if (taken.length === count) break;
  }
  return taken;
}

async function first(stream: AsyncIterable<StreamItem>): Promise<StreamItem | undefined> {
  for await (const item of stream) return item;
  return undefined;
}

const never = () => new AbortController().signal;

storeTest("streams what happens from now on", async (t, store) => {
  await happen(store);
  const events = await open(t, store);
  const stream = events.subscribe(principal(), null, never());
  await happen(store, {}, 2);
  assert.deepEqual(await take(stream, 2), [2, 3]);
});

storeTest("replays what was missed and goes on live, each once", async (t, store) => {
  await happen(store, {}, 450);
  const events = await open(t, store);
  const stream = events.subscribe(principal(), 100, never());
  await happen(store, {}, 5);
  const later = Promise.all([happen(store, {}, 5), happen(store), happen(store)]);
  const seqs = await take(stream, 362);
  await later;
  assert.deepEqual(
    seqs,
    Array.from({ length: 362 }, (_, index) => 101 + index),
  );
});

storeTest("delivers in order what many commit at once", async (t, store) => {
  // a commit may take long on a busy machine, and none is rolled back here
  const events = await open(t, store, { gap_ms: 60_000 });
  const stream = events.subscribe(principal(), null, never());
  const writers = Promise.all(Array.from({ length: 40 }, () => happen(store, {}, 3)));
  const seqs = await take(stream, 120);
  await writers;
  assert.deepEqual(
    seqs,
    Array.from({ length: 120 }, (_, index) => 1 + index),
  );
});

test("tells each principal only what it may see", async (t) => {
  const store = await memoryStore(t);
  const events = await open(t, store);
  const streams = [principal(), principal("eve", ["spaces.manage"]), principal("dan", ["approvals.manage"])].map(
    (who) => events.subscribe(who, null, never()),
  );
  await happen(store, { user_id: "ann" });
  await happen(store, { user_id: "ann", type: "approval.pending" });
  await happen(store, { user_id: "bob" });
  await happen(store, { user_id: null, type: "tools.changed" });
  const seen = await Promise.all(streams.map((stream, index) => take(stream, [3, 3, 2][index] ?? 0)));
  assert.deepEqual(seen, [
    [1, 2, 4],
    [1, 3, 4],
    [2, 4],
  ]);
});

storeTest("tells the groups what is for them, live and later, and nobody which groups", async (t, store) => {
  const events = await open(t, store);
  const [ann, bob, eve] = [
    { ...principal("ann"), group_ids: ["g1"] },
    { ...principal("bob"), group_ids: ["g2"] },
    principal("eve", ["templates.manage"]),
  ] as const;
  const live = [ann, bob, eve].map((who) => events.subscribe(who, null, never()));
  await happen(store, { type: "template.created", group_ids: ["g1", "g3"] });
  await happen(store, { type: "template.created", group_ids: [] });
  await happen(store, { type: "space.state", user_id: "bob", group_ids: ["g1"] });
  await happen(store, { type: "tools.changed" });
  const table = [
    [1, 3, 4],
    [3, 4],
    [1, 2, 4],
  ];
  assert.deepEqual(await Promise.all(live.map((stream, at) => take(stream, table[at]?.length ?? 0))), table);
  for (const [at, who] of [ann, bob, eve].entries()) {
    const listed = await events.list(createCall({ principal: who, door: "web" }), { after: 0, limit: 10 });
    assert.deepEqual(
      listed.events.map(({ seq }) => seq),
      table[at],
    );
    const page = await events.list(createCall({ principal: who, door: "web" }), { after: 1, limit: 1 });
    assert.deepEqual([page.total, page.returned], [table[at]?.filter((seq) => seq > 1).length, 1]);
    assert.ok(!JSON.stringify(listed).includes("g1"));
    const replayed = events.subscribe(who, 0, never());
    assert.deepEqual(await take(replayed, table[at]?.length ?? 0), table[at]);
  }
  const [told] = await Promise.all([first(events.subscribe(ann, null, never())), happen(store, { group_ids: ["g1"] })]);
  assert.ok(told !== undefined && !("group_ids" in told));
});

test("says gap when what was missed is pruned or was never there, and goes on", async (t) => {
  const store = await memoryStore(t);
  await happen(store, { at: 1 }, 5);
  await happen(store, {}, 2);
  const events = await open(t, store);
  assert.equal(await events.prune(1), 5);
  const streams = [2, 99].map((after) => events.subscribe(principal(), after, never()));
  const kept = events.subscribe(principal(), 5, never());
  await happen(store);
  assert.deepEqual(await Promise.all(streams.map((stream) => take(stream, 2))), [
    ["gap", 8],
    ["gap", 8],
  ]);
  assert.deepEqual(await take(kept, 3), [6, 7, 8]);
});

test("says gap instead of replaying too much", async (t) => {
  const store = await memoryStore(t);
  await happen(store, {}, 500);
  const events = await open(t, store, { replay: 200 });
  const seqs = await take(events.subscribe(principal(), 0, never()), 201);
  assert.deepEqual([seqs.length, seqs.at(-1)], [201, "gap"]);
});

test("drops a reader that is too slow, and only that one", async (t) => {
  const store = await memoryStore(t);
  const events = await open(t, store, { buffer: 10 });
  const slow = events.subscribe(principal(), null, never());
  const quick = take(events.subscribe(principal(), null, never()), 30);
  for (let i = 0; i < 30; i++) {
    await happen(store);
    await new Promise(setImmediate);
  }
  assert.deepEqual(await take(slow, 99), ["gap"]);
  assert.equal((await quick).at(-1), 30);
});

test("ends with its signal", async (t) => {
  const events = await open(t, await memoryStore(t));
  const leaving = new AbortController();
  const ended = take(events.subscribe(principal(), 0, leaving.signal), 99);
  setImmediate(() => leaving.abort());
  assert.deepEqual(await ended, []);
});

test("says nothing of a transaction that was rolled back", async (t) => {
  const store = await memoryStore(t);
  const events = await open(t, store);
  const stream = events.subscribe(principal(), null, never());
  const failing = store.transact(async ({ event }) => {
    await event(happening({ message: "never" }));
    throw new Error("no");
  });
  await assert.rejects(failing);
  await happen(store, { message: "yes" });
  for await (const item of stream) {
    assert.equal("message" in item && item.message, "yes");
    break;
  }
});

test("lists the newest, and what came behind a position", async (t) => {
  const store = await memoryStore(t);
  await happen(store, {}, 5);
  const events = await open(t, store);
  const call = createCall({ principal: principal(), door: "rest" });
  const newest = await events.list(call, { limit: 2 });
  assert.deepEqual([newest.events.map(({ seq }) => seq), newest.last_seq], [[4, 5], 5]);
  const first = await events.list(call, { after: 0, limit: 3 });
  const second = await events.list(call, { after: first.last_seq, limit: 3 });
  assert.deepEqual([first.last_seq, second.events.map(({ seq }) => seq), second.last_seq], [3, [4, 5], 5]);
  assert.equal((await events.list(call, { after: 5, limit: 3, types: ["x.*"] })).last_seq, 5);
});

test("gives up a number that never comes, and says when it comes after all", async () => {
  const told: number[] = [];
  const caughtUp = Promise.withResolvers<void>();
  let late = 0;
  const order = new InOrder({
    horizon: 0,
    gap_ms: 1,
    onEvent: ({ seq }) => {
      told.push(seq);
      if (seq === 4) caughtUp.resolve();
    },
    onLate: () => {
      late++;
    },
  });
  const numbered = (seq: number) => ({ ...happening(), seq, at: 0, group_ids: null });
  for (const seq of [2, 1, 4]) order.add(numbered(seq));
  assert.deepEqual(told, [1, 2]);
  const keepAlive = setTimeout(() => {}, 5000);
  await caughtUp.promise;
  clearTimeout(keepAlive);
  order.add(numbered(3));
  assert.deepEqual([told, late], [[1, 2, 4], 1]);
});

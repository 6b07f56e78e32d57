import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Call, createCall } from "../operation/call.ts";
import type { AuditEntry as Passed } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import { SqlAudit } from "../store/audit.ts";
import type { Store } from "../store/store.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";
import { Audit } from "./audit.ts";
import type { AuditStore } from "./audit-store.ts";

const caller = (parts: Partial<Call> = {}): Call =>
  createCall({
    door: "rest",
    principal: {
      user_id: "ann",
      username: "ann",
      group_ids: [],
      permissions: new Set(),
      scopes: new Set(),
      credential: { kind: "token", id: "t1", name: "agent" },
    },
    ...parts,
  });

const passed = (
  parts: Partial<Omit<Passed, "capability">> & { effect?: "read" | "write"; name?: string } = {},
): Passed => ({
  call: caller(),
  capability: {
    name: parts.name ?? "start_space",
    title: "Start",
    effect: parts.effect ?? "write",
    permission: null,
    origin: "knot",
    asks: false,
    schema_hash: "",
    parse: (raw) => raw,
    label: () => "",
    run: async () => null,
  },
  label: "Start it",
  outcome: "ok",
  problem: null,
  started_at: 5,
  duration_ms: 1.6,
  ...parts,
});

function open(t: TestContext, store: Store, parts: { now?: () => number; inner?: AuditStore; batch_ms?: number } = {}) {
  const audit = new Audit({ store: parts.inner ?? new SqlAudit(store), now: parts.now, batch_ms: parts.batch_ms });
  t.after(() => audit[Symbol.asyncDispose]().catch(() => {}));
  return audit;
}

const rows = (store: Store) => store.db.selectFrom("audit_entries").selectAll().orderBy("seq").execute();

test("writes down what changes, what models do and what was denied, and nothing else", async (t) => {
  const store = await memoryStore(t);
  const audit = open(t, store);
  await audit.record(passed({ name: "a" }));
  await audit.record(passed({ name: "quiet", effect: "read" }));
  await audit.record(passed({ name: "quiet", effect: "read", outcome: "failed" }));
  await audit.record(passed({ name: "b", effect: "read", call: caller({ door: "mcp" }) }));
  await audit.record(passed({ name: "c", effect: "read", call: caller({ door: "assistant" }) }));
  await audit.record(passed({ name: "d", effect: "read", outcome: "denied", problem: new Problem("forbidden", "") }));
  await audit.record(passed({ name: "e", outcome: "pending", problem: new Problem("approval_required", "") }));
  const entries = await rows(store);
  assert.deepEqual(
    entries.map(({ operation, problem_code }) => [operation, problem_code]),
    [
      ["a", null],
      ["b", null],
      ["c", null],
      ["d", "forbidden"],
      ["e", "approval_required"],
    ],
  );
  assert.deepEqual([entries[0]?.credential_name, entries[0]?.duration_ms, entries[0]?.at], ["agent", 2, 5]);
});

test("has written a change when record resolves, and a read when it closes", async (t) => {
  const store = await memoryStore(t);
  const audit = open(t, store, { batch_ms: 3_600_000 });
  await audit.record(passed({ effect: "read", call: caller({ door: "mcp" }) }));
  assert.equal((await rows(store)).length, 0);
  await audit[Symbol.asyncDispose]();
  assert.equal((await rows(store)).length, 1);
  await audit.record(passed());
  assert.equal((await rows(store)).length, 2);
});

test("writes reads together when there are a hundred", async (t) => {
  const store = await memoryStore(t);
  let appends = 0;
  const inner = new SqlAudit(store);
  const counting = new Proxy(inner, {
    get: (target, name: keyof SqlAudit) => {
      if (name === "append") appends++;
      return target[name].bind(target);
    },
  });
  const audit = open(t, store, { inner: counting, batch_ms: 3_600_000 });
  for (let i = 0; i < 100; i++) await audit.record(passed({ effect: "read", call: caller({ door: "mcp" }) }));
  await audit.verify(caller());
  assert.deepEqual([(await rows(store)).length, appends], [100, 1]);
});

test("keeps text on its line", async (t) => {
  const store = await memoryStore(t);
  const audit = open(t, store);
  const call = caller({ client: "evil\r\n2026 admin ok\x1b[2J\u202e" });
  await audit.record(passed({ call, label: "a\nb\u0000" }));
  await audit.recordEvent({ operation: "login", outcome: "failed", label: "x", door: "web", username: "root\nok" });
  const text = JSON.stringify((await rows(store)).map(({ client, label, username }) => [client, label, username]));
  assert.doesNotMatch(JSON.parse(text).flat().join(""), /[\u0000-\u001f\u007f\u202e]/);
  assert.match(text, /root\\\\u000aok/);
});

test("fails the call when the log cannot be written, and writes the entry later", async (t) => {
  const store = await memoryStore(t);
  const inner = new SqlAudit(store);
  let broken = true;
  const failing: AuditStore = {
    append: async (entries, chained) => {
      if (broken) throw new Error("disk full");
      await inner.append(entries, chained);
    },
    chain: () => inner.chain(),
    after: (seq, limit) => inner.after(seq, limit),
    list: (filter, page) => inner.list(filter, page),
    prune: (before, limit) => inner.prune(before, limit),
  };
  const audit = open(t, store, { inner: failing });
  await assert.rejects(audit.record(passed({ name: "first" })), { code: "unavailable" });
  broken = false;
  await audit.record(passed({ name: "second" }));
  assert.deepEqual(
    (await rows(store)).map(({ operation }) => operation),
    ["first", "second"],
  );
});

storeTest("verifies what was written by many at once", async (t, store) => {
  const audit = open(t, store);
  await Promise.all(Array.from({ length: 50 }, () => audit.record(passed())));
  const checkpoint = await audit.checkpoint();
  assert.match(checkpoint, /^50:[0-9a-f]{64}$/);
  assert.deepEqual(await audit.verify(caller()), { intact: true, checked: 50, fault: null, checkpoint });
});

const tampers: Record<string, (store: Store) => Promise<unknown>> = {
  "an edit": (store) => store.db.updateTable("audit_entries").set({ label: "nothing" }).where("seq", "=", 4).execute(),
  "a deletion": (store) => store.db.deleteFrom("audit_entries").where("seq", "=", 4).execute(),
  "a deletion at the end": (store) => store.db.deleteFrom("audit_entries").where("seq", "=", 9).execute(),
  "a deletion at the beginning": (store) => store.db.deleteFrom("audit_entries").where("seq", "=", 1).execute(),
  "a change of order": async (store) => {
    for (const [from, to] of [
      [3, 99],
      [4, 3],
      [99, 4],
    ] as const) {
      await store.db.updateTable("audit_entries").set({ seq: to }).where("seq", "=", from).execute();
    }
  },
};

for (const [what, tamper] of Object.entries(tampers)) {
  storeTest(`finds ${what}`, async (t, store) => {
    const audit = open(t, store);
    for (let i = 0; i < 9; i++) await audit.record(passed({ name: `op${i}` }));
    assert.equal((await audit.verify(caller())).intact, true);
    await tamper(store);
    assert.equal((await audit.verify(caller())).intact, false);
  });
}

test("finds an edit of every single field", async (t) => {
  const store = await memoryStore(t);
  const audit = open(t, store);
  await audit.record(passed());
  const [entry] = await rows(store);
  for (const [column, value] of Object.entries(entry ?? {})) {
    const changed = typeof value === "number" ? value + 1 : `${value ?? ""}x`;
    await store.db
      .updateTable("audit_entries")
      .set({ [column]: changed })
      .execute();
    assert.equal((await audit.verify(caller())).intact, false, column);
    await store.db
      .updateTable("audit_entries")
      .set({ [column]: value })
      .execute();
    assert.equal((await audit.verify(caller())).intact, true, column);
  }
});

test("finds a log that was cut together with its head, against a checkpoint", async (t) => {
  const store = await memoryStore(t);
  const audit = open(t, store);
  for (let i = 0; i < 5; i++) await audit.record(passed());
  const checkpoint = await audit.checkpoint();
  await store.db.deleteFrom("audit_entries").where("seq", ">", 3).execute();
  const [last] = (await rows(store)).slice(-1);
  await store.db
    .updateTable("audit_chain")
    .set({ head_seq: 3, head_hash: last?.hash ?? "" })
    .execute();
  assert.equal((await audit.verify(caller())).intact, true);
  assert.match((await audit.verify(caller(), checkpoint)).fault ?? "", /missing/);
  for (let i = 0; i < 5; i++) await audit.record(passed({ name: "forged" }));
  assert.match((await audit.verify(caller(), checkpoint)).fault ?? "", /entry 5/);
});

test("prunes what is older than the retention and still verifies", async (t) => {
  const store = await memoryStore(t);
  const day = 86_400_000;
  const audit = open(t, store, { now: () => 100 * day });
  for (const age of [95, 91, 89, 1]) await audit.record(passed({ started_at: (100 - age) * day }));
  assert.equal(await audit.prune(90), 2);
  const verdict = await audit.verify(caller());
  assert.deepEqual([verdict.intact, verdict.checked], [true, 2]);
  await audit.record(passed({ started_at: 100 * day }));
  assert.equal((await audit.verify(caller())).intact, true);
});

test("takes a checkpoint as long as its entry is kept, and refuses an older one", async (t) => {
  const store = await memoryStore(t);
  const day = 86_400_000;
  const audit = open(t, store, { now: () => 100 * day });
  const checkpoints: string[] = [];
  for (const age of [95, 91, 1]) {
    await audit.record(passed({ started_at: (100 - age) * day }));
    checkpoints.push(await audit.checkpoint());
  }
  await audit.prune(90);
  const [older = "", last = "", kept = ""] = checkpoints;
  for (const checkpoint of [last, kept]) assert.equal((await audit.verify(caller(), checkpoint)).intact, true);
  await assert.rejects(audit.verify(caller(), older), { code: "invalid_input" });
});

test("stops reading when its caller goes away", async (t) => {
  const audit = open(t, await memoryStore(t));
  await assert.rejects(audit.verify(caller({ signal: AbortSignal.abort() })), { name: "AbortError" });
});

test("lists what has just been read, too", async (t) => {
  const audit = open(t, await memoryStore(t), { batch_ms: 3_600_000 });
  await audit.record(passed({ name: "read_file", effect: "read", call: caller({ door: "mcp" }) }));
  const page = await audit.list(caller(), { limit: 10, operation: "read_file" });
  assert.deepEqual([page.total, page.entries[0]?.operation], [1, "read_file"]);
});

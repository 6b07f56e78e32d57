import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Call, createCall } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import { Vault } from "../secret/secret.ts";
import { SqlIdempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";
import { Idempotency } from "./idempotency.ts";

const caller = (parts: Partial<Call> = {}, user_id = "ann"): Call =>
  createCall({
    door: "rest",
    principal: {
      user_id,
      username: user_id,
      group_ids: [],
      permissions: new Set(),
      scopes: new Set(),
      credential: { kind: "session", id: "s", name: "" },
    },
    ...parts,
  });

const vault = new Vault(Buffer.alloc(32));
const create = { name: "create_space" };

function open(store: Store, parts: { boot_id?: string; now?: () => number } = {}) {
  return new Idempotency({ store: new SqlIdempotency(store), vault, ...parts });
}

async function counting(t: TestContext) {
  const gate = open(await memoryStore(t));
  let effects = 0;
  const once = (key: string, input: unknown, user_id?: string, name = "create_space") =>
    gate.once({ name }, key, input, caller({}, user_id), async () => ({ effect: ++effects }));
  return { once, effects: () => effects };
}

storeTest("gives 50 parallel calls one effect and 50 equal answers", async (_t, store) => {
  const gate = open(store);
  let effects = 0;
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      gate.once(create, "k", { name: "a" }, caller(), async () => {
        effects++;
        await new Promise(setImmediate);
        return { id: "space" };
      }),
    ),
  );
  assert.equal(effects, 1);
  assert.deepEqual(answers, Array(50).fill({ id: "space" }));
});

test("gives the same answer later, also after a restart", async (t) => {
  const store = await memoryStore(t);
  const run = async () => ({ id: "space" });
  await open(store).once(create, "k", { a: 1, b: 2 }, caller(), run);
  const again = await open(store).once(create, "k", { b: 2, a: 1 }, caller(), () => assert.fail("ran twice"));
  assert.deepEqual(again, { id: "space" });
});

test("refuses the key for other input, at rest and in flight", async (t) => {
  const { once } = await counting(t);
  const first = once("k", { a: 1 });
  await assert.rejects(once("k", { a: 2 }), { code: "conflict", message: /other input/ });
  await first;
  await assert.rejects(once("k", { a: 2 }), { code: "conflict", message: /other input/ });
});

test("keeps users, operations and keys apart", async (t) => {
  const { once, effects } = await counting(t);
  await Promise.all([once("k", {}), once("k", {}, "bob"), once("k", {}, "ann", "other"), once("l", {})]);
  assert.equal(effects(), 4);
});

test("gives a token no answer that another credential of its user got, which may hold a secret", async (t) => {
  const gate = open(await memoryStore(t));
  const by = (kind: "session" | "token", id: string) =>
    caller({ principal: { ...caller().principal, credential: { kind, id, name: "" } } });
  const made = { secret: "of the first" };
  const once = (call: Call) => gate.once({ name: "create_token" }, "k", {}, call, async () => made);
  assert.deepEqual(await once(by("token", "wide")), made);
  assert.deepEqual(await once(by("token", "wide")), made);
  for (const other of [by("token", "narrow"), by("session", "s")]) {
    await assert.rejects(once(other), { code: "conflict", message: /another token/ });
  }
});

test("is the same for a person in every browser", async (t) => {
  const gate = open(await memoryStore(t));
  const inBrowser = (id: string) =>
    caller({ principal: { ...caller().principal, credential: { kind: "session", id, name: "" } } });
  await gate.once(create, "k", {}, inBrowser("one"), async () => ({}));
  await gate.once(create, "k", {}, inBrowser("two"), () => assert.fail("ran twice"));
});

test("lets go of the key when the call fails", async (t) => {
  const gate = open(await memoryStore(t));
  const fail = async () => {
    throw new Problem("quota_exceeded", "No.");
  };
  await assert.rejects(gate.once(create, "k", {}, caller(), fail), { code: "quota_exceeded" });
  assert.equal(await gate.once(create, "k", {}, caller(), async () => "ok"), "ok");
});

test("runs again what an earlier start of the daemon left running", async (t) => {
  const store = await memoryStore(t);
  void open(store, { boot_id: "b1" }).once(create, "k", {}, caller(), () => new Promise(() => {}));
  await new Promise(setImmediate);
  const second = open(store, { boot_id: "b2" });
  assert.equal(await second.once(create, "k", {}, caller(), async () => "ok"), "ok");
  await assert.rejects(
    second.once(create, "k", { other: 1 }, caller(), async () => "no"),
    { code: "conflict" },
  );
});

test("goes on for those who stay when the first caller leaves", async (t) => {
  const gate = open(await memoryStore(t));
  const leave = Promise.withResolvers<never>();
  const first = gate.once(create, "k", {}, caller(), () => leave.promise);
  const second = gate.once(create, "k", {}, caller(), async () => "ok");
  leave.reject(new Problem("cancelled", "gone"));
  await assert.rejects(first, { code: "cancelled" });
  assert.equal(await second, "ok");
});

test("forgets a key after a day", async (t) => {
  let now = 0;
  const store = await memoryStore(t);
  const gate = open(store, { now: () => now });
  let effects = 0;
  const once = (input: unknown) => gate.once(create, "k", input, caller(), async () => ++effects);
  await once({ a: 1 });
  now = 24 * 3_600_000;
  assert.equal(await once({ a: 2 }), 2);
  now *= 3;
  assert.equal(await gate.prune(), 1);
});

test("seals answers", async (t) => {
  const store = await memoryStore(t);
  await open(store).once(create, "k", {}, caller(), async () => ({ token: "canary" }));
  const rows = await store.db.selectFrom("idempotency_keys").selectAll().execute();
  assert.doesNotMatch(JSON.stringify(rows), /canary/);
});

test("refuses keys that are empty, long or not printable", async (t) => {
  const { once } = await counting(t);
  for (const key of ["", "x".repeat(256), "a\nb", "ä"]) await assert.rejects(once(key, {}), { code: "invalid_input" });
});

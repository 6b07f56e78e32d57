import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Scope } from "../operation/principal.ts";
import type { Store } from "../store/store.ts";
import { callBy, type Identity, identity, person } from "../testkit/identity.ts";
import { memoryStore } from "../testkit/store.ts";

const day = 86_400_000;

async function withAda(store: Store) {
  const house = identity(store);
  return { house, ada: await person(house, "ada") };
}

async function callByToken(house: Identity, secret: string) {
  return callBy(await house.principals.fromToken(secret));
}

describe("tokens", () => {
  test("have 192 bits behind the prefix knot_, open api and mcp, and live 90 days", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const { token, secret } = await house.tokens.create(ada.call, { name: "ci" });
    assert.match(secret, /^knot_[A-Za-z0-9_-]{32}$/);
    assert.deepEqual(token.scopes, ["api", "mcp"]);
    assert.equal(token.expires_at, house.clock.at + 90 * day);
  });

  test("are listed without their secret or its hash", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const listed = await house.tokens.list(ada.call, { limit: 10 });
    assert.equal(listed.total, 1);
    assert.ok(!JSON.stringify(listed).includes(secret));
    assert.ok(!("digest" in (listed.tokens[0] as object)));
  });

  test("refuse an expiry in the past, beyond a year, or given twice", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const now = house.clock.at;
    for (const expiry of [
      { expires_at: now },
      { expires_at: now + 365 * day + 1 },
      { expires_at: now + day, expires_in_days: 1 },
    ]) {
      await assert.rejects(house.tokens.create(ada.call, { name: "ci", ...expiry }), { code: "invalid_input" });
    }
    const { token } = await house.tokens.create(ada.call, { name: "ci", expires_in_days: 365 });
    assert.equal(token.expires_at, now + 365 * day);
  });

  test("refuse a name the owner has used, not one that someone else has", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const bob = await person(house, "bob");
    await house.tokens.create(ada.call, { name: "ci" });
    await assert.rejects(house.tokens.create(ada.call, { name: "ci" }), { code: "conflict" });
    await house.tokens.create(bob.call, { name: "ci" });
  });

  const refusedToTokens: [made: Scope[], wanted: Scope[] | undefined][] = [
    [["mcp"], ["mcp"]],
    [["mcp"], undefined],
    [["read"], ["read"]],
    [
      ["api", "read"],
      ["api", "read"],
    ],
    [["api"], ["api", "mcp"]],
    [["api"], ["mcp"]],
    [["api"], ["read"]],
  ];
  for (const [made, wanted] of refusedToTokens) {
    test(`with ${made.join("+")} cannot make one with ${wanted?.join("+") ?? "no wish"}`, async (t) => {
      const { house, ada } = await withAda(await memoryStore(t));
      const { secret } = await house.tokens.create(ada.call, { name: "first", scopes: made });
      const call = await callByToken(house, secret);
      await assert.rejects(house.tokens.create(call, { name: "second", scopes: wanted }), { code: "forbidden" });
      assert.equal((await house.tokens.list(ada.call, { limit: 10 })).total, 1);
    });
  }

  test("make only ones that are no wider and live no longer than themselves", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const { secret, token } = await house.tokens.create(ada.call, { name: "a", scopes: ["api"], expires_in_days: 10 });
    const call = await callByToken(house, secret);
    const made = await house.tokens.create(call, { name: "b" });
    assert.deepEqual(made.token.scopes, ["api"]);
    assert.equal(made.token.expires_at, token.expires_at);
    await assert.rejects(house.tokens.create(call, { name: "c", expires_in_days: 11 }), { code: "forbidden" });
    const reader = await house.tokens.create(call, { name: "d", scopes: ["api", "read"] });
    assert.deepEqual(reader.token.scopes, ["api", "read"]);
  });

  test("that are bound to a group make only ones with the same bond", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const local = callBy(house.principals.local());
    for (const name of ["red", "blue"]) {
      await house.groups.create(local, { name, description: "" });
      await house.groups.addMember(local, name, "ada");
    }
    const { secret, token } = await house.tokens.create(ada.call, { name: "a", group: "red" });
    const call = await callByToken(house, secret);
    assert.equal((await house.tokens.create(call, { name: "b" })).token.group_id, token.group_id);
    await assert.rejects(house.tokens.create(call, { name: "c", group: "blue" }), { code: "forbidden" });
    const free = await house.tokens.create(ada.call, { name: "free" });
    const bound = await house.tokens.create(await callByToken(house, free.secret), { name: "bound", group: "red" });
    const rotated = house.tokens.rotate(await callByToken(house, bound.secret), "free");
    await assert.rejects(rotated, { code: "forbidden", message: /bound to a group/ });
  });

  test("cannot rotate one that is wider, and get no longer life from rotating another", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const wide = await callByToken(house, (await house.tokens.create(ada.call, { name: "wide" })).secret);
    await house.tokens.create(wide, { name: "long", scopes: ["api"] });
    const { secret, token } = await house.tokens.create(wide, { name: "a", scopes: ["api"], expires_in_days: 5 });
    const call = await callByToken(house, secret);
    await assert.rejects(house.tokens.rotate(call, "wide"), { code: "forbidden", message: /lacks the scope/ });
    assert.equal((await house.tokens.rotate(call, "long")).token.expires_at, token.expires_at);
  });

  test("cannot rotate one that a person made, other than themselves", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const laptop = await house.tokens.create(ada.call, { name: "laptop" });
    const agent = await callByToken(house, (await house.tokens.create(ada.call, { name: "agent" })).secret);
    await assert.rejects(house.tokens.rotate(agent, "laptop"), { code: "forbidden", message: /same origin/ });
    await house.principals.fromToken(laptop.secret);
    await house.tokens.rotate(agent, "agent");
  });

  test("know the tokens they come from, also when those are rotated or revoked", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const lineage = async (secret: string) => (await house.principals.fromToken(secret)).credential.lineage;
    const first = await house.tokens.create(ada.call, { name: "first" });
    const second = await house.tokens.create(await callByToken(house, first.secret), { name: "second" });
    const { secret } = await house.tokens.create(await callByToken(house, second.secret), { name: "third" });
    const rotated = await house.tokens.rotate(await callByToken(house, secret), "third");
    await house.tokens.revoke(ada.call, "second");
    await house.tokens.revoke(ada.call, "first");
    assert.deepEqual(await lineage(rotated.secret), [first.token.id, second.token.id, rotated.token.id]);
    const other = await house.tokens.create(callBy(house.principals.local()), { name: "other", user: "ada" });
    assert.deepEqual(await lineage(other.secret), [other.token.id]);
  });

  test("are rotated in one step with the life they were made for", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const first = await house.tokens.create(ada.call, { name: "ci", expires_in_days: 30 });
    house.clock.at += 29 * day;
    const second = await house.tokens.rotate(ada.call, "ci");
    assert.notEqual(second.secret, first.secret);
    assert.equal(second.token.id, first.token.id);
    assert.equal(second.token.expires_at, house.clock.at + 30 * day);
  });

  test("of someone else do not exist, whether by name or id; who manages users may see and revoke them", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const [bob, root] = [await person(house, "bob"), await person(house, "root", { role_ids: ["admin"] })];
    const { token } = await house.tokens.create(ada.call, { name: "ci" });
    for (const ref of ["ci", token.id]) {
      await assert.rejects(house.tokens.revoke(bob.call, ref), { code: "not_found" });
      await assert.rejects(house.tokens.rotate(bob.call, ref), { code: "not_found" });
      await assert.rejects(house.tokens.rotate(root.call, ref), { code: "not_found" });
    }
    await assert.rejects(house.tokens.list(bob.call, { limit: 10, user: "ada" }), { code: "not_found" });
    assert.equal((await house.tokens.list(root.call, { limit: 10, user: "ada" })).total, 1);
    await house.tokens.revoke(root.call, token.id);
    assert.equal((await house.tokens.list(ada.call, { limit: 10 })).total, 0);
  });

  test("act as their owner, so not even an admin makes one for somebody else; the machine does", async (t) => {
    const { house, ada } = await withAda(await memoryStore(t));
    const root = await person(house, "root", { role_ids: ["admin"] });
    await assert.rejects(house.tokens.create(root.call, { name: "ci", user: "ada" }), { code: "forbidden" });
    const local = callBy(house.principals.local());
    await assert.rejects(house.tokens.create(local, { name: "ci" }), { code: "invalid_input", message: /user/ });
    const { token } = await house.tokens.create(local, { name: "ci", user: "ada" });
    assert.equal(token.user_id, ada.user.id);
  });
});

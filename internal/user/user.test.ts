import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { permissionNames } from "../operation/permission.ts";
import type { Store } from "../store/store.ts";
import { callBy, goodPassword, identity, person } from "../testkit/identity.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";

/** An admin, a user manager who is no admin, and a member. */
async function staffed(store: Store) {
  const house = identity(store);
  const local = callBy(house.principals.local());
  await house.roles.create(local, { name: "people", description: "", permissions: ["users.manage", "roles.manage"] });
  const root = await person(house, "root", { role_ids: ["admin"] });
  const boss = await person(house, "boss", { role_ids: ["people", "member"] });
  const ada = await person(house, "ada");
  return { house, local, root, boss, ada };
}

describe("users", () => {
  test("are created with their roles, and never shown with their password", async (t) => {
    const { house, root } = await staffed(await memoryStore(t));
    const bob = await house.users.create(root.call, {
      username: "bob",
      email: "bob@example.com",
      role_ids: ["people", "member", "member"],
      active: true,
      password: goodPassword,
      quota: { spaces: 3 },
    });
    const people = await house.roles.get("people");
    assert.deepEqual(bob.role_ids.toSorted(), [people.id, "member"].toSorted());
    assert.deepEqual(bob.quota, { spaces: 3, cpus: null, memory_bytes: null, storage_bytes: null });
    assert.equal(bob.has_password, true);
    assert.ok(!JSON.stringify(await house.users.get(root.call, "bob")).includes("argon2"));
  });

  test("refuse a name or an address that is taken, and say which", async (t) => {
    const { house, root } = await staffed(await memoryStore(t));
    const input = { username: "bob", email: "bob@example.com", role_ids: [], active: true };
    await house.users.create(root.call, input);
    await assert.rejects(house.users.create(root.call, { ...input, email: null }), {
      code: "conflict",
      message: /user "bob"/,
    });
    await assert.rejects(house.users.create(root.call, { ...input, username: "eve" }), {
      code: "conflict",
      message: /bob@example\.com/,
    });
    await assert.rejects(house.users.update(root.call, "ada", { email: "bob@example.com" }), { code: "conflict" });
  });

  test("refuse a role that does not exist, the names knot uses, and a weak password", async (t) => {
    const { house, root } = await staffed(await memoryStore(t));
    const create = (input: object) =>
      house.users.create(root.call, { username: "bob", role_ids: [], active: true, ...input });
    await assert.rejects(create({ role_ids: ["wizard"] }), { code: "not_found", message: /wizard/ });
    await assert.rejects(create({ username: "local" }), { code: "invalid_input" });
    await assert.rejects(create({ password: "short" }), { code: "invalid_input", message: /12 characters/ });
    await assert.rejects(house.users.get(root.call, "bob"), { code: "not_found" });
  });

  test("cannot hand out what they may not do themselves", async (t) => {
    const { house, boss, ada } = await staffed(await memoryStore(t));
    const input = { username: "eve", role_ids: ["admin"], active: true };
    await assert.rejects(house.users.create(boss.call, input), { code: "forbidden" });
    await assert.rejects(house.users.update(boss.call, "ada", { role_ids: ["admin"] }), { code: "forbidden" });
    await assert.rejects(house.users.update(boss.call, "boss", { role_ids: ["admin"] }), { code: "forbidden" });
    await assert.rejects(house.users.update(boss.call, "ada", { role_ids: ["template_author"] }), {
      code: "forbidden",
    });
    assert.deepEqual((await house.users.get(boss.call, "ada")).role_ids, ada.user.role_ids);
    assert.deepEqual((await house.users.update(boss.call, "ada", { role_ids: ["people"] })).role_ids.length, 1);
  });

  test("cannot touch someone who may do more than they: not their password, address, state or existence", async (t) => {
    const { house, boss } = await staffed(await memoryStore(t));
    const refused = { code: "forbidden", message: /may do more than you/ };
    await assert.rejects(house.users.setPassword(boss.call, "root", "a new long password"), refused);
    await assert.rejects(house.users.update(boss.call, "root", { email: "boss@example.com" }), refused);
    await assert.rejects(house.users.update(boss.call, "root", { active: false }), refused);
    await assert.rejects(house.users.update(boss.call, "root", { role_ids: [] }), refused);
    await assert.rejects(house.users.delete(boss.call, "root", true), refused);
  });

  test("keep their last active admin", async (t) => {
    const { house, root, local } = await staffed(await memoryStore(t));
    const refused = { code: "conflict", message: /last active admin/ };
    await assert.rejects(house.users.update(root.call, "root", { active: false }), refused);
    await assert.rejects(house.users.update(root.call, "root", { role_ids: ["member"] }), refused);
    await assert.rejects(house.users.delete(local, "root", true), refused);
    assert.deepEqual((await house.users.get(root.call, "root")).role_ids, ["admin"]);
    await house.users.update(root.call, "ada", { role_ids: ["admin"], active: false });
    await assert.rejects(house.users.update(root.call, "root", { active: false }), refused);
    await house.users.update(root.call, "ada", { active: true });
    await house.users.update(root.call, "root", { active: false });
  });

  storeTest("keep one admin when two are disabled at the same moment", async (_t, store) => {
    const { house, local } = await staffed(store);
    await house.users.update(local, "ada", { role_ids: ["admin"] });
    const results = await Promise.allSettled([
      house.users.update(local, "root", { active: false }),
      house.users.update(local, "ada", { active: false }),
    ]);
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });

  test("are not deleted while they own spaces, nor without confirmation", async (t) => {
    const { house, root, ada } = await staffed(await memoryStore(t));
    house.owned.set(ada.user.id, 2);
    await assert.rejects(house.users.delete(root.call, "ada", true), { code: "conflict", message: /2 spaces/ });
    house.owned.delete(ada.user.id);
    await assert.rejects(house.users.delete(root.call, "ada", false), { code: "confirmation_required" });
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    await house.users.delete(root.call, "ada", true);
    await assert.rejects(house.principals.fromToken(secret), { code: "unauthenticated" });
    await assert.rejects(house.principals.fromSession(ada.session_id), { code: "unauthenticated" });
    await assert.rejects(house.users.get(root.call, "ada"), { code: "not_found" });
  });

  test("change their password with the current one, which ends their other sessions and renews this one", async (t) => {
    const { house, ada } = await staffed(await memoryStore(t));
    const origin = { ip: "192.0.2.7", user_agent: "phone" };
    const other = await house.auth.login({ login: "ada", password: goodPassword, ...origin });
    await assert.rejects(house.users.changePassword(ada.call, "wrong password", "a new long password"), {
      code: "invalid_input",
      message: /current_password/,
    });
    await assert.rejects(house.users.changePassword(ada.call, goodPassword, "ada-ada-ada-1"), {
      code: "invalid_input",
    });
    await house.users.changePassword(ada.call, goodPassword, "a new long password");
    for (const ended of [other.session_id, ada.session_id]) {
      await assert.rejects(house.principals.fromSession(ended), { code: "unauthenticated" });
    }
    const renewed = house.sessions.takeRenewed(ada.principal.credential.id);
    assert.ok(renewed !== null && renewed !== ada.session_id);
    assert.equal((await house.principals.fromSession(renewed)).user_id, ada.user.id);
    assert.equal(house.sessions.takeRenewed(ada.principal.credential.id), null);
    await assert.rejects(house.auth.login({ login: "ada", password: goodPassword, ...origin }), {
      code: "unauthenticated",
    });
    await house.auth.login({ login: "ada", password: "a new long password", ...origin });
  });

  test("whose password is set lose their sessions and keep their tokens", async (t) => {
    const { house, boss, ada } = await staffed(await memoryStore(t));
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    await house.users.setPassword(boss.call, "ada", "a new long password");
    await assert.rejects(house.principals.fromSession(ada.session_id), { code: "unauthenticated" });
    assert.equal((await house.principals.fromToken(secret)).user_id, ada.user.id);
  });

  test("cannot set their own password without the one they have", async (t) => {
    const { house, boss } = await staffed(await memoryStore(t));
    await assert.rejects(house.users.setPassword(boss.call, boss.user.id, "a new long password"), {
      code: "forbidden",
      message: /change_password/,
    });
    await house.principals.fromSession(boss.session_id);
  });

  test("learn from whoami who they are, what they may, and the limits that count", async (t) => {
    const { house, root, ada } = await staffed(await memoryStore(t));
    await house.groups.create(root.call, { name: "small", description: "", quota: { spaces: 2, cpus: 4 } });
    await house.groups.create(root.call, { name: "large", description: "", quota: { spaces: 9 } });
    await house.groups.create(root.call, { name: "silent", description: "" });
    for (const group of ["small", "large", "silent"]) await house.groups.addMember(root.call, group, "ada");
    await house.users.update(root.call, "ada", { quota: { cpus: 1 } });
    const call = callBy(await house.principals.fromSession(ada.session_id));
    const me = await house.users.whoami(call);
    assert.equal(me.user.username, "ada");
    assert.deepEqual(me.roles, [{ id: "member", name: "member" }]);
    assert.deepEqual(
      me.groups.map(({ name }) => name),
      ["large", "silent", "small"],
    );
    assert.deepEqual(me.quota, { spaces: 9, cpus: 1, memory_bytes: null, storage_bytes: null });
    assert.deepEqual(await house.users.limitsOf(ada.user.id), me.quota);
    assert.deepEqual(me.credential, { kind: "session", name: "browser session", scopes: ["api"] });
    assert.ok(me.permissions.includes("spaces.use") && !me.permissions.includes("users.manage"));
  });

  test("include the machine's administrator for whoami, who may do everything", async (t) => {
    const { house, local } = await staffed(await memoryStore(t));
    const me = await house.users.whoami(local);
    assert.deepEqual([me.user.username, me.credential.kind], ["local", "local"]);
    assert.deepEqual(me.permissions, permissionNames);
  });
});

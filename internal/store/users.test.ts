import assert from "node:assert/strict";
import { describe } from "node:test";
import type { NewEvent } from "../event/schema.ts";
import { noQuota } from "../operation/quota.ts";
import { storeTest } from "../testkit/store.ts";
import type { NewUser } from "../user/user-store.ts";
import { SqlUsers } from "./users.ts";

const user = (username: string, overrides: Partial<NewUser> = {}): NewUser => ({
  id: `id-of-${username}`,
  username,
  email: null,
  display_name: username.toUpperCase(),
  role_ids: [],
  active: true,
  quota: noQuota,
  password_hash: null,
  created_at: 1000,
  ...overrides,
});

const event = (type = "user.updated"): NewEvent => ({
  type,
  subject_kind: "user",
  subject_id: "id",
  user_id: null,
  message: "",
  data: {},
});

describe("the users' store", () => {
  storeTest("finds a user by id and by name, and nobody by another text", async (_t, store) => {
    const users = new SqlUsers(store);
    const inserted = await users.insert(user("ada", { role_ids: ["b", "a"], email: "a@example.com" }), event());
    assert.deepEqual(await users.find("ada"), { ...inserted, role_ids: ["a", "b"] });
    assert.deepEqual(await users.find("id-of-ada"), await users.find("ada"));
    assert.equal(await users.find("a@example.com"), null);
  });

  storeTest("says which field is taken, and stores no event for what it refuses", async (_t, store) => {
    const users = new SqlUsers(store);
    await users.insert(user("ada", { email: "a@example.com" }), event());
    const heard: string[] = [];
    store.onEvents((events) => heard.push(...events.map(({ type }) => type)));
    assert.deepEqual(await users.insert(user("ada", { id: "other" }), event()), { taken: "username" });
    assert.deepEqual(await users.insert(user("bob", { email: "a@example.com" }), event()), { taken: "email" });
    assert.equal(await users.find("bob"), null);
    assert.deepEqual(heard, []);
  });

  storeTest("lists page by page and by part of a name, taking wildcards for letters", async (_t, store) => {
    const users = new SqlUsers(store);
    for (const name of ["cleo", "ada", "bob", "a_c"]) await users.insert(user(name), event());
    const first = await users.list({ limit: 3 });
    assert.equal(first.items.length, 3);
    assert.equal(first.total, 4);
    const cursor = Buffer.from(JSON.stringify(first.next)).toString("base64url");
    const second = await users.list({ limit: 3, cursor });
    assert.equal(second.next, null);
    assert.equal(new Set([...first.items, ...second.items].map(({ username }) => username)).size, 4);
    const named = async (query: string) =>
      (await users.list({ limit: 9, query })).items.map(({ username }) => username);
    assert.deepEqual(await named("LE"), ["cleo"]);
    assert.deepEqual(await named("_"), ["a_c"]);
    assert.deepEqual(await named("%"), []);
    assert.deepEqual(await named("\\"), []);
  });

  storeTest("leaves alone what a change does not name", async (_t, store) => {
    const users = new SqlUsers(store);
    const before = await users.insert(user("ada", { email: "a@example.com", role_ids: ["member"] }), event());
    const after = await users.update("id-of-ada", { display_name: "Ada L.", updated_at: 2000 }, event());
    assert.deepEqual(after, { ...before, display_name: "Ada L.", updated_at: 2000 });
    assert.equal(await users.update("nobody", { updated_at: 2000 }, event()), null);
  });

  storeTest("undoes all of a change that would take the last admin", async (_t, store) => {
    const users = new SqlUsers(store);
    await users.insert(user("ada", { role_ids: ["admin"] }), event());
    const change = { role_ids: [], display_name: "Nobody", updated_at: 2000 };
    assert.equal(await users.update("id-of-ada", change, event()), "last_admin");
    assert.equal(await users.delete("id-of-ada", event()), "last_admin");
    const ada = await users.find("ada");
    assert.deepEqual([ada?.display_name, ada?.role_ids], ["ADA", ["admin"]]);
  });

  storeTest("inserts the first user once, however many try", async (_t, store) => {
    const users = new SqlUsers(store);
    assert.equal(await users.isEmpty(), true);
    const tries = ["ada", "bob", "cleo", "dan"].map((name) => users.insertFirst(user(name), event()));
    assert.deepEqual((await Promise.all(tries)).filter(Boolean), [true]);
    assert.equal(await users.isEmpty(), false);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { callBy, identity, person } from "../testkit/identity.ts";
import { memoryStore } from "../testkit/store.ts";

const staff = { name: "staff", description: "Everyone" };

describe("groups", () => {
  test("are seen by their members and by who manages them, and by nobody else", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.groups.create(local, staff);
    const [ada, bob] = [await person(house, "ada"), await person(house, "bob")];
    await house.groups.addMember(local, "staff", "ada");
    const call = callBy(await house.principals.fromSession(ada.session_id));
    const { members, group } = await house.groups.get(call, "staff");
    assert.deepEqual(
      members.map(({ username }) => username),
      ["ada"],
    );
    assert.equal(group.member_count, 1);
    assert.equal((await house.groups.list(call, { limit: 10 })).total, 1);
    assert.equal((await house.groups.list(bob.call, { limit: 10 })).total, 0);
    const hidden = await house.groups.get(bob.call, "staff").catch((problem: Error) => problem.message);
    const absent = await house.groups.get(bob.call, "ghost").catch((problem: Error) => problem.message);
    assert.equal(hidden, String(absent).replace("ghost", "staff"));
  });

  test("refuse a name that is taken, and a user who does not exist", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.groups.create(local, staff);
    await house.groups.create(local, { ...staff, name: "others" });
    await assert.rejects(house.groups.create(local, staff), { code: "conflict" });
    await assert.rejects(house.groups.update(local, "others", { name: "staff" }), { code: "conflict" });
    await assert.rejects(house.groups.addMember(local, "staff", "nobody"), { code: "not_found" });
  });

  test("change only what is given", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.groups.create(local, { ...staff, quota: { spaces: 3, cpus: 2 } });
    const group = await house.groups.update(local, "staff", { quota: { cpus: null } });
    assert.deepEqual(group.quota, { spaces: 3, cpus: null, memory_bytes: null, storage_bytes: null });
    assert.equal(group.description, "Everyone");
  });

  test("take and drop a member any number of times with the same result", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.groups.create(local, staff);
    await person(house, "ada");
    await house.groups.addMember(local, "staff", "ada");
    assert.equal((await house.groups.addMember(local, "staff", "ada")).member_count, 1);
    await house.groups.removeMember(local, "staff", "ada");
    assert.equal((await house.groups.removeMember(local, "staff", "ada")).member_count, 0);
  });

  test("ask before they are deleted, and leave their members", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.groups.create(local, staff);
    await person(house, "ada");
    await house.groups.addMember(local, "staff", "ada");
    await assert.rejects(house.groups.delete(local, "staff", false), {
      code: "confirmation_required",
      message: /1 member /,
    });
    await house.groups.delete(local, "staff", true);
    assert.deepEqual((await house.users.get(local, "ada")).group_ids, []);
  });
});

import assert from "node:assert/strict";
import { describe } from "node:test";
import { callBy, identity, person } from "../testkit/identity.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlCredentials } from "./credentials.ts";
import { SqlGroups } from "./groups.ts";
import { SqlRoles } from "./roles.ts";
import { SqlTokens } from "./tokens.ts";

describe("the stores of groups, roles, tokens and credentials", () => {
  storeTest("keep groups with their members, by name and page", async (_t, store) => {
    const house = identity(store);
    const local = callBy(house.principals.local());
    const groups = new SqlGroups(store);
    for (const name of ["beta", "alpha", "gamma"]) await house.groups.create(local, { name, description: "" });
    const ada = await person(house, "ada");
    await house.groups.addMember(local, "alpha", "ada");
    await house.groups.addMember(local, "gamma", "ada");
    const first = await groups.list({ limit: 2 });
    assert.deepEqual(
      first.items.map(({ name, member_count }) => [name, member_count]),
      [
        ["alpha", 1],
        ["beta", 0],
      ],
    );
    assert.deepEqual([first.total, first.next], [3, ["beta"]]);
    const own = await groups.list({ limit: 2, memberId: ada.user.id });
    assert.deepEqual([own.items.map(({ name }) => name), own.total, own.next], [["alpha", "gamma"], 2, null]);
    assert.deepEqual(
      (await groups.groupsOf(ada.user.id)).map(({ name }) => name),
      ["alpha", "gamma"],
    );
  });

  storeTest("take a deleted group or role from everyone, and refuse what is taken or gone", async (_t, store) => {
    const house = identity(store);
    const local = callBy(house.principals.local());
    const role = await house.roles.create(local, { name: "reader", description: "", permissions: ["mcp.use"] });
    const group = await house.groups.create(local, { name: "staff", description: "" });
    const ada = await person(house, "ada", { role_ids: ["reader"] });
    await house.groups.addMember(local, "staff", "ada");
    await assert.rejects(house.roles.create(local, { ...role, name: "reader" }), { code: "conflict" });
    await assert.rejects(house.groups.create(local, { name: "staff", description: "" }), { code: "conflict" });
    const event = { type: "x", subject_kind: "x", subject_id: "x", user_id: null, message: "", data: {} };
    const [roles, groups] = [new SqlRoles(store), new SqlGroups(store)];
    assert.equal(await roles.holders(role.id), 1);
    assert.deepEqual([await roles.delete(role.id, event), await roles.delete(role.id, event)], [true, false]);
    assert.deepEqual([await groups.delete(group.id, event), await groups.delete(group.id, event)], [true, false]);
    const holder = await new SqlCredentials(store).holder(ada.user.id);
    assert.deepEqual([holder?.roles, holder?.group_ids], [[], []]);
  });

  storeTest("know a token by its digest alone, and drop it with its owner", async (_t, store) => {
    const house = identity(store);
    const local = callBy(house.principals.local());
    const ada = await person(house, "ada");
    const tokens = new SqlTokens(store);
    const made = await house.tokens.create(ada.call, { name: "b", scopes: ["mcp"] });
    await house.tokens.create(ada.call, { name: "a" });
    const page = await tokens.list(ada.user.id, { limit: 1 });
    assert.deepEqual([page.items.map(({ name }) => name), page.total, page.next], [["a"], 2, ["a"]]);
    const credentials = new SqlCredentials(store);
    assert.equal(await credentials.token({ digest: made.secret }), null);
    assert.deepEqual((await credentials.token({ id: made.token.id }))?.scopes, ["mcp"]);
    assert.deepEqual((await credentials.token({ id: made.token.id }))?.lineage, [made.token.id]);
    assert.deepEqual(await tokens.lineage(made.token.id), [made.token.id]);
    assert.deepEqual(await tokens.lineage("gone"), []);
    await assert.rejects(house.tokens.create(ada.call, { name: "b" }), { code: "conflict" });
    await house.users.delete(local, "ada", true);
    assert.equal(await credentials.token({ id: made.token.id }), null);
    assert.equal(await credentials.holder(ada.user.id), null);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { permissionNames } from "../operation/permission.ts";
import { callBy, identity, person } from "../testkit/identity.ts";
import { memoryStore } from "../testkit/store.ts";

const input = { name: "reader", description: "Reads", permissions: ["audit.view" as const] };

describe("roles", () => {
  test("come with four that are always there, admin with every permission", async (t) => {
    const house = identity(await memoryStore(t));
    const { roles, total } = await house.roles.list({ limit: 100 });
    assert.deepEqual(
      roles.map(({ name }) => name),
      ["admin", "template_author", "member", "viewer"],
    );
    assert.equal(total, 4);
    assert.deepEqual((await house.roles.get("admin")).permissions, permissionNames);
  });

  test("that are built in cannot be changed, deleted or imitated", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.roles.create(local, input);
    for (const name of ["admin", "template_author", "member", "viewer"]) {
      await assert.rejects(house.roles.update(local, name, { permissions: [] }), { code: "conflict" });
      await assert.rejects(house.roles.delete(local, name, true), { code: "conflict" });
      await assert.rejects(house.roles.create(local, { ...input, name }), { code: "conflict" });
      await assert.rejects(house.roles.update(local, "reader", { name }), { code: "conflict" });
    }
  });

  test("cannot be made, widened, narrowed or deleted by someone who lacks what they allow", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.roles.create(local, { ...input, name: "keeper", permissions: ["roles.manage"] });
    await house.roles.create(local, input);
    const eve = await person(house, "eve", { role_ids: ["keeper"] });
    const refused = { code: "forbidden", message: /"audit\.view"/ };
    await assert.rejects(house.roles.create(eve.call, { ...input, name: "mine" }), refused);
    await assert.rejects(house.roles.update(eve.call, "keeper", { permissions: ["audit.view"] }), refused);
    await assert.rejects(house.roles.update(eve.call, "reader", { permissions: [] }), refused);
    await assert.rejects(house.roles.delete(eve.call, "reader", true), refused);
    const own = await house.roles.create(eve.call, { ...input, name: "mine", permissions: ["roles.manage"] });
    assert.deepEqual(own.permissions, ["roles.manage"]);
  });

  test("refuse a name that is taken", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.roles.create(local, input);
    await assert.rejects(house.roles.create(local, input), { code: "conflict" });
  });

  test("say before they are deleted how many users lose them", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.roles.create(local, input);
    await person(house, "ada", { role_ids: ["reader"] });
    await assert.rejects(house.roles.delete(local, "reader", false), {
      code: "confirmation_required",
      message: /1 user\./,
    });
    await house.roles.delete(local, "reader", true);
    assert.deepEqual((await house.users.get(local, "ada")).role_ids, []);
    await assert.rejects(house.roles.get("reader"), { code: "not_found" });
  });

  test("are listed page by page without a gap or a double", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    for (const name of ["zeta", "alpha", "beta"]) await house.roles.create(local, { ...input, name });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await house.roles.list({ limit: 2, cursor });
      seen.push(...page.roles.map(({ name }) => name));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(seen, ["admin", "template_author", "member", "viewer", "alpha", "beta", "zeta"]);
  });
});

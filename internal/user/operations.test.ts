import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as authOperations from "../auth/operations.ts";
import * as groupOperations from "../group/operations.ts";
import type { AnyOperation } from "../operation/operation.ts";
import { jsonSchemaOf } from "../operation/schema.ts";
import * as roleOperations from "../role/operations.ts";
import { callBy, goodPassword, identity, person } from "../testkit/identity.ts";
import { memoryStore } from "../testkit/store.ts";
import { registryOf } from "../testkit/waist.ts";
import * as tokenOperations from "../token/operations.ts";
import * as userOperations from "./operations.ts";

const operations: AnyOperation[] = [
  ...Object.values(userOperations),
  ...Object.values(groupOperations),
  ...Object.values(roleOperations),
  ...Object.values(tokenOperations),
  ...Object.values(authOperations),
];

type Answer = Record<string, Record<string, unknown>>;

describe("the operations of identity", () => {
  test("are 27, with schemas that every door can show", () => {
    assert.equal(operations.length, 27);
    for (const { input, output } of operations) {
      assert.equal(jsonSchemaOf(input, "input")["additionalProperties"], false);
      assert.equal(jsonSchemaOf(output, "output")["type"], "object");
    }
  });

  test("keep what carries a password or a token away from models", () => {
    const tools = operations.filter(({ tool }) => tool !== null).map(({ name }) => name);
    for (const name of ["create_token", "rotate_token", "set_password", "change_password", "create_user"]) {
      assert.ok(!tools.includes(name), name);
    }
  });

  test("answer as they say, from the first user to the last", async (t) => {
    const house = identity(await memoryStore(t));
    const registry = registryOf(operations, house as never);
    const local = callBy(house.principals.local());
    const run = (name: string, input: object, call = local) => registry.invoke(name, input, call) as Promise<Answer>;
    await run("create_role", { name: "reader", permissions: ["mcp.use"] });
    await run("update_role", { role: "reader", description: "Reads" });
    await run("create_group", { name: "staff", quota: { spaces: 2 } });
    await run("create_user", { username: "ada", password: goodPassword, role_ids: ["member", "reader"] });
    await run("add_group_member", { group: "staff", user: "ada" });
    const signedIn = await house.auth.login({ login: "ada", password: goodPassword, ip: "", user_agent: "" });
    const ada = callBy(signedIn.principal);
    const me = await run("whoami", {}, ada);
    assert.deepEqual([me["user"]?.["username"], me["quota"]?.["spaces"]], ["ada", 2]);
    await run("create_token", { name: "ci", expires_in_days: 7 }, ada);
    await run("rotate_token", { token: "ci" }, ada);
    const lists = ["list_users", "list_groups", "list_roles", "list_permissions", "list_tokens", "list_sessions"];
    for (const name of lists) assert.equal(typeof (await run(name, {}))["total"], "number");
    await run("get_user", { user: "ada" });
    await run("get_group", { group: "staff" }, ada);
    await run("get_role", { role: "reader" }, ada);
    await run("revoke_token", { token: "ci" }, ada);
    await run("revoke_session", { session: ada.principal.credential.id }, ada);
    await run("set_password", { user: "ada", password: "violet-harbour-lantern" });
    await run("update_group", { group: "staff", description: "All" });
    await run("remove_group_member", { group: "staff", user: "ada" });
    await run("update_user", { user: "ada", quota: { cpus: 2.5 } });
    await run("delete_group", { group: "staff", confirm: true });
    await run("delete_role", { role: "reader", confirm: true });
    await run("delete_user", { user: "ada", confirm: true });
    assert.equal((await run("list_users", {}))["total"], 0 as never);
  });

  test("refuse a field they do not know, and a member who is not allowed", async (t) => {
    const house = identity(await memoryStore(t));
    const registry = registryOf(operations, house as never);
    const ada = await person(house, "ada");
    const local = callBy(house.principals.local());
    const smuggled = { user: "ada", is_admin: true };
    await assert.rejects(registry.invoke("update_user", smuggled, local), { code: "invalid_input" });
    for (const [name, input] of [
      ["list_users", {}],
      ["create_user", { username: "eve" }],
      ["update_user", { user: "ada", role_ids: ["admin"] }],
      ["set_password", { user: "ada", password: goodPassword }],
      ["create_role", { name: "mine", permissions: [] }],
      ["create_group", { name: "mine" }],
    ] as const) {
      await assert.rejects(registry.invoke(name, input, ada.call), { code: "forbidden" });
    }
  });
});

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Call, createCall, type Door } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";
import { SqlApprovalPolicies } from "../store/approvals.ts";
import { memoryStore } from "../testkit/store.ts";
import { ApprovalPolicies } from "./approval-policies.ts";

const caller = (door: Door = "web", parts: Partial<Principal> = {}): Call =>
  createCall({
    door,
    principal: {
      user_id: "ann",
      username: "ann",
      group_ids: [],
      role_ids: ["dev"],
      permissions: new Set(),
      scopes: new Set(["api", "mcp"]),
      credential: { kind: "session", id: "s1", name: "browser" },
      ...parts,
    },
  });

const token = { kind: "token", id: "t1", name: "agent" } as const;
const agent = () => caller("mcp", { credential: token });
const admin = () => caller("web", { user_id: "root", username: "root", permissions: new Set(["approvals.manage"]) });

const write = { name: "start_space", effect: "write", asks: true } as const;
const read = { name: "list_spaces", effect: "read", asks: false } as const;

const owners: Record<string, string | null> = { t1: "ann", t9: "bob", dev: null, bob: "bob", ann: "ann" };

async function create(t: TestContext) {
  const inner = new SqlApprovalPolicies(await memoryStore(t));
  let queries = 0;
  const store = {
    all: () => {
      queries++;
      return inner.all();
    },
    put: inner.put.bind(inner),
    delete: inner.delete.bind(inner),
  };
  const subjects = {
    find: async (_subject: string, ref: string) =>
      ref in owners ? { id: ref, name: ref, user_id: owners[ref] ?? null } : null,
  };
  return { policies: new ApprovalPolicies({ store, subjects, tools }), queries: () => queries };
}

const aliases: Record<string, string> = { "ai.draw": "ai__draw" };
const restricted: Record<string, "integrations.use"> = { ai__draw: "integrations.use" };
const tools = {
  find: (wanted: string) => {
    const name = aliases[wanted] ?? wanted;
    return name === "strat_space" ? null : { name, permission: restricted[name] ?? null };
  },
};

test("is kept under the name of the tool, by whatever name it was set", async (t) => {
  const { policies } = await create(t);
  const user = caller("web", { permissions: new Set(["integrations.use"]) });
  assert.equal((await policies.set(user, { subject: "user", tool: "ai.draw", mode: "ask" })).tool, "ai__draw");
  assert.equal(await policies.asks({ name: "ai__draw", effect: "write", asks: true }, user), true);
});

test("is refused for a tool that does not exist, or not for the caller", async (t) => {
  const { policies } = await create(t);
  for (const tool of ["strat_space", "ai.draw", "ai__draw"]) {
    await assert.rejects(policies.set(caller(), { subject: "user", tool, mode: "ask" }), { code: "not_found" });
  }
  assert.equal((await policies.set(admin(), { subject: "everyone", tool: "ai.draw", mode: "ask" })).tool, "ai__draw");
});

test("asks by default only where the assistant changes something", async (t) => {
  const { policies } = await create(t);
  for (const door of ["web", "rest", "cli", "mcp", "schedule", "system"] as const) {
    assert.equal(await policies.asks(write, caller(door)), false, door);
  }
  assert.equal(await policies.asks(write, caller("assistant")), true);
  assert.equal(await policies.asks(read, caller("assistant")), false);
});

test("lets auto switch the assistant's question off", async (t) => {
  const { policies } = await create(t);
  await policies.set(caller(), { subject: "user", tool: "start_space", mode: "auto" });
  assert.equal(await policies.asks(write, caller("assistant")), false);
  assert.equal(await policies.asks({ ...write, name: "stop_space" }, caller("assistant")), true);
});

test("applies a token's ask, not its auto, also to the tokens made with it", async (t) => {
  const { policies } = await create(t);
  const made = (door: Door) =>
    caller(door, { credential: { kind: "token", id: "t3", name: "made", lineage: ["t1", "t2", "t3"] } });
  await policies.set(caller(), { subject: "token", subject_id: "t1", tool: "a", mode: "ask" });
  await policies.set(caller(), { subject: "token", subject_id: "t1", tool: "b", mode: "auto" });
  assert.equal(await policies.asks({ ...write, name: "a" }, made("mcp")), true);
  assert.equal(await policies.asks({ ...write, name: "b" }, made("assistant")), true);
});

test("applies a policy to its token, user, role or everyone and to nobody else", async (t) => {
  const { policies } = await create(t);
  const put = (subject: "token" | "role" | "user", subject_id: string, tool: string) =>
    policies.set(admin(), { subject, subject_id, tool, mode: "ask" });
  await put("token", "t1", "a");
  await put("role", "dev", "b");
  await put("user", "bob", "c");
  const asks = (name: string, call: Call) => policies.asks({ ...write, name }, call);
  assert.deepEqual([await asks("a", agent()), await asks("a", caller())], [true, false]);
  assert.deepEqual([await asks("b", agent()), await asks("b", caller("web", { role_ids: [] }))], [true, false]);
  assert.deepEqual([await asks("c", agent()), await asks("c", caller("web", { user_id: "bob" }))], [false, true]);
  await policies.set(admin(), { subject: "everyone", tool: "d", mode: "ask" });
  assert.equal(await asks("d", agent()), true);
});

test("asks a principal whose roles are not known", async (t) => {
  const { policies } = await create(t);
  await policies.set(admin(), { subject: "role", subject_id: "dev", tool: "a", mode: "ask" });
  const { role_ids: _, ...unknown } = caller().principal;
  assert.equal(await policies.asks({ ...write, name: "a" }, createCall({ door: "rest", principal: unknown })), true);
});

test("lets ask win over auto, whoever set them", async (t) => {
  const { policies } = await create(t);
  await policies.set(admin(), { subject: "user", subject_id: "ann", tool: "start_space", mode: "ask" });
  await policies.set(caller(), { subject: "user", tool: "start_space", mode: "auto" });
  assert.equal(await policies.asks(write, caller()), true);
  const admins = (await policies.list(caller(), { limit: 100 })).policies.find(({ set_by }) => set_by === "admin");
  await assert.rejects(policies.delete(caller(), admins?.id as string), { code: "forbidden" });
});

test("covers with * what changes something, and a read only by its name", async (t) => {
  const { policies } = await create(t);
  await policies.set(caller(), { subject: "user", tool: "*", mode: "ask" });
  assert.deepEqual([await policies.asks(write, agent()), await policies.asks(read, agent())], [true, false]);
  await policies.set(caller(), { subject: "user", tool: "list_spaces", mode: "ask" });
  assert.equal(await policies.asks(read, agent()), true);
});

test("never asks before a decision", async (t) => {
  const { policies } = await create(t);
  await policies.set(caller(), { subject: "user", tool: "*", mode: "ask" });
  await policies.set(caller(), { subject: "user", tool: "approve_call", mode: "ask" });
  assert.equal(await policies.asks({ ...write, name: "approve_call" }, caller()), false);
});

test("lets people set policies for themselves and their tokens, and nobody else", async (t) => {
  const { policies } = await create(t);
  const set = (subject: "everyone" | "role" | "user" | "token", subject_id?: string) =>
    policies.set(caller(), { subject, subject_id, tool: "*", mode: "ask" });
  assert.equal((await set("token", "t1")).set_by, "owner");
  await assert.rejects(set("everyone"), { code: "forbidden" });
  for (const [subject, id] of [
    ["role", "dev"],
    ["user", "bob"],
    ["token", "t9"],
    ["token", "none"],
  ] as const) {
    await assert.rejects(set(subject, id), { code: "not_found" }, id);
  }
  await assert.rejects(set("token"), { code: "invalid_input" });
});

test("lets a token tighten but not loosen", async (t) => {
  const { policies } = await create(t);
  const { id } = await policies.set(agent(), { subject: "user", tool: "*", mode: "ask" });
  await assert.rejects(policies.set(agent(), { subject: "user", tool: "*", mode: "auto" }), { code: "forbidden" });
  await assert.rejects(policies.delete(agent(), id), { code: "forbidden" });
  await assert.rejects(policies.delete(caller("web", { user_id: "eve" }), id), { code: "not_found" });
  assert.deepEqual(await policies.delete(caller(), id), { deleted: true });
  assert.equal(await policies.asks(write, agent()), false);
});

test("asks the database once, and again after a change", async (t) => {
  const { policies, queries } = await create(t);
  for (let i = 0; i < 10; i++) await policies.asks(write, agent());
  assert.equal(queries(), 1);
  await policies.set(caller(), { subject: "user", tool: "*", mode: "ask" });
  assert.equal(await policies.asks(write, agent()), true);
  assert.equal(queries(), 2);
});

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Approvals } from "../approval/approval.ts";
import { ApprovalPolicies } from "../approval/approval-policies.ts";
import type { ApprovalStore } from "../approval/approval-store.ts";
import { type Call, createCall } from "../operation/call.ts";
import type { Permission } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";
import { type Capability, Waist } from "../operation/waist.ts";
import type { Problem } from "../problem/problem.ts";
import { Vault } from "../secret/secret.ts";
import { SqlApprovalPolicies, SqlApprovals } from "../store/approvals.ts";
import type { Store } from "../store/store.ts";
import { memoryStore } from "./store.ts";

const allowed: Permission[] = ["spaces.use", "approvals.decide", "mcp.use"];

export const principal = (parts: Partial<Principal> & { may?: Permission[] } = {}): Principal => ({
  user_id: "ann",
  username: "ann",
  group_ids: [],
  permissions: new Set(parts.may ?? allowed),
  scopes: new Set(["api", "mcp"]),
  credential: { kind: "token", id: "t1", name: "agent" },
  ...parts,
});

const session = { kind: "session", id: "s1", name: "browser" } as const;
export const agent = (parts: Partial<Call> = {}) => createCall({ principal: principal(), door: "mcp", ...parts });
export const person = (parts: Partial<Principal> & { may?: Permission[] } = {}) =>
  createCall({ principal: principal({ credential: session, ...parts }), door: "web" });

export const admin = () => person({ user_id: "root", username: "root", may: ["approvals.manage"] });

/** Everything of a daemon that approvals touch; `reboot` makes a second one over the same database. */
export async function approvalsFor(
  t: TestContext,
  parts: {
    store?: Store;
    run?: (call: Call, input: unknown) => Promise<unknown>;
    /** What the tool says of secrets in its input. */
    secrets?: readonly string[];
    approvalStore?: (inner: ApprovalStore) => ApprovalStore;
    now?: () => number;
  } = {},
) {
  const store = parts.store ?? (await memoryStore(t));
  const runs: unknown[] = [];
  let rights = allowed;
  const capability = {
    name: "start_space",
    title: "Start space",
    effect: "write" as const,
    permission: "spaces.use" as const,
    origin: "knot",
    asks: true,
    schema_hash: "v1",
    parse: (raw: unknown) => raw,
    label: () => "Start it",
    secrets: async () => parts.secrets ?? [],
    run: async (call: Call, input: unknown) => {
      runs.push(input);
      return parts.run === undefined ? { started: runs.length } : parts.run(call, input);
    },
  } satisfies Capability;
  const tools = new Map<string, Capability>([[capability.name, capability]]);
  const inner = new SqlApprovals(store);
  const policies = new ApprovalPolicies({
    store: new SqlApprovalPolicies(store),
    subjects: {
      find: async (_subject, ref) => (ref === "t1" ? { id: "t1", name: "agent", user_id: "ann" } : null),
    },
    tools: { find: (name) => ({ name, permission: null }) },
  });
  const approvals: Approvals = new Approvals({
    store: parts.approvalStore?.(inner) ?? inner,
    policies,
    vault: new Vault(Buffer.alloc(32)),
    now: parts.now,
    publicUrl: "https://knot.example",
    calls: {
      revive: async (user_id, credential) => principal({ user_id, credential, may: rights }),
      find: async ({ name }) => tools.get(name),
      pass: (found, input, call) => waist.pass(found, input, call, true),
    },
  });
  const waist = new Waist({
    audit: { record: async () => {} },
    approvals,
    idempotency: { once: async (_capability, _key, _input, _call, run) => run() },
    onInternal: () => {},
  });
  t.after(() => approvals[Symbol.asyncDispose]());
  return {
    store,
    approvals,
    policies,
    runs,
    tools,
    capability,
    rights: (next: Permission[]) => {
      rights = next;
    },
    call: (input: unknown, call = agent()) => waist.pass(capability, input, call),
  };
}

export async function asking(t: TestContext, parts: Parameters<typeof approvalsFor>[1] = {}) {
  const knot = await approvalsFor(t, parts);
  await knot.policies.set(person(), { subject: "user", tool: "*", mode: "ask" });
  return knot;
}

export const problemFrom = (ask: Promise<unknown>): Promise<Problem> =>
  ask.then(
    () => assert.fail("the call was not held"),
    (thrown) => thrown,
  );

export async function questionId(ask: Promise<unknown>): Promise<string> {
  const problem = await problemFrom(ask);
  assert.equal(problem.code, "approval_required", problem.message);
  return (problem.extra["approval"] as { id: string }).id;
}

export const yes = (approval: string) => ({ approval, wait_seconds: 30 });

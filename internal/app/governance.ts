import { Approvals } from "../approval/approval.ts";
import { ApprovalPolicies, type PolicySubjects, type PolicyTools } from "../approval/approval-policies.ts";
import type { Audit } from "../audit/audit.ts";
import { openEvents } from "../event/event.ts";
import { Idempotency } from "../idempotency/idempotency.ts";
import type { Capability, WaistDeps } from "../operation/waist.ts";
import { Waist } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import type { Vault } from "../secret/secret.ts";
import { SqlApprovalPolicies, SqlApprovals } from "../store/approvals.ts";
import { SqlEvents } from "../store/events.ts";
import { SqlIdempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import type { Identity } from "./identity.ts";

type Deps = {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly identity: Identity;
  readonly url: string;
  readonly approval_ms: number;
  /** The operation or tool of this name, as soon as it is there; known only after the catalogue is made. */
  readonly arrived: (tool: Pick<Capability, "name" | "origin">, signal: AbortSignal) => Promise<Capability | undefined>;
  /** The operation or tool of this name or alias, also of servers that are away. */
  readonly expected: PolicyTools["find"];
  readonly onPassed: NonNullable<WaistDeps["onPassed"]>;
  readonly onInternal: WaistDeps["onInternal"];
  readonly onError: (what: string, cause: unknown) => void;
};

/** The waist and what it asks: policies, approvals, idempotency, the audit log; and the events of it all. */
export async function createGovernance(deps: Deps) {
  const { store, vault, identity, audit, onError } = deps;
  const approvalPolicies = new ApprovalPolicies({
    store: new SqlApprovalPolicies(store),
    subjects: subjectsOf(identity),
    tools: { find: deps.expected },
  });
  const approvals: Approvals = new Approvals({
    store: new SqlApprovals(store),
    policies: approvalPolicies,
    vault,
    calls: {
      async revive(user_id, credential) {
        const principal = await identity.principals.revive({ user_id, credential });
        if (principal !== null) return principal;
        throw new Problem(
          "unauthenticated",
          "Whoever asked is no longer active, or their credential is no longer good.",
        );
      },
      find: (tool, signal) => deps.arrived(tool, signal),
      pass: (capability, input, call) => waist.pass(capability, input, call, true),
    },
    publicUrl: deps.url,
    expires_after_ms: deps.approval_ms,
    onError: (cause) => onError("An approval could not be carried on", cause),
  });
  const idempotency = new Idempotency({ store: new SqlIdempotency(store), vault });
  const waist = new Waist({
    audit,
    approvals,
    idempotency,
    onInternal: deps.onInternal,
    onPassed: deps.onPassed,
  });
  const events = await openEvents({ store: new SqlEvents(store), listen: (listener) => store.onEvents(listener) });
  return { approvalPolicies, approvals, idempotency, waist, events };
}

const subjectsOf = ({ stores, roles }: Identity): PolicySubjects => ({
  async find(subject, ref, asker) {
    if (subject === "role") {
      const role = await roles.get(ref).catch(() => null);
      return role === null ? null : { id: role.id, name: role.name, user_id: null };
    }
    if (subject === "user") {
      const user = await stores.users.find(ref);
      return user === null ? null : { id: user.id, name: user.username, user_id: user.id };
    }
    const token =
      (await stores.tokens.findById(ref)) ??
      (await stores.tokens.findByName(asker, ref)) ??
      (await tokenOf(stores, ref));
    return token === null ? null : { id: token.id, name: token.name, user_id: token.user_id };
  },
});

/** The token that "username/name" names. */
async function tokenOf({ users, tokens }: Identity["stores"], ref: string) {
  const slash = ref.indexOf("/");
  const owner = slash < 1 ? null : await users.find(ref.slice(0, slash));
  return owner === null ? null : tokens.findByName(owner.id, ref.slice(slash + 1));
}

import { randomUUID } from "node:crypto";
import type { Call } from "../operation/call.ts";
import { type PageRequest, pageOf, pageWithin } from "../operation/page.ts";
import { may } from "../operation/principal.ts";
import type { Capability } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import type { ApprovalPolicyStore, StoredPolicy } from "./approval-store.ts";
import type { ApprovalPolicy, PolicyMode, PolicySubject } from "./schema.ts";

/** Finds whom a policy is about. */
export interface PolicySubjects {
  /**
   * By id or name, a token of the user `asker` by its bare name, another's as "username/name". `user_id` is the user it
   * belongs to, null for a role. Null when there is none; whether the asker may see it is not asked here.
   */
  find(
    subject: Exclude<PolicySubject, "everyone">,
    ref: string,
    asker: string,
  ): Promise<{ readonly id: string; readonly name: string; readonly user_id: string | null } | null>;
}

export type PolicyInput = {
  readonly subject: PolicySubject;
  readonly subject_id?: string | undefined;
  readonly tool: string;
  readonly mode: PolicyMode;
};

/** Finds what a policy is for. */
export interface PolicyTools {
  /** The operation or tool of this name or alias; null when there is none. */
  find(name: string): Pick<Capability, "name" | "permission"> | null;
}

type Deps = {
  readonly store: ApprovalPolicyStore;
  readonly subjects: PolicySubjects;
  readonly tools: PolicyTools;
  readonly now?: () => number;
};

/** A decision that waits for a decision would wait forever. */
const neverAsk = new Set(["approve_call", "deny_call"]);

/** Which calls ask first. Kept in memory, so that a call which does not ask costs no query. */
export class ApprovalPolicies {
  readonly #deps: Deps;
  #byTool: Promise<ReadonlyMap<string, readonly StoredPolicy[]>> | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The strictest matching policy decides; without one, only the assistant asks. */
  async asks(capability: Pick<Capability, "name" | "effect" | "asks">, call: Call): Promise<boolean> {
    if (call.door === "system" || neverAsk.has(capability.name)) return false;
    const modes = (await this.#matching(capability, call)).map(({ mode }) => mode);
    if (modes.includes("ask")) return true;
    if (modes.includes("auto")) return false;
    return call.door === "assistant" && capability.asks;
  }

  /** Those that concern the caller; with approvals.manage all. */
  async list({ principal }: Call, page: PageRequest) {
    const all = await this.#deps.store.all();
    const concerns = (policy: StoredPolicy) =>
      policy.subject === "everyone" ||
      policy.user_id === principal.user_id ||
      (policy.subject === "role" && (principal.role_ids ?? []).includes(policy.subject_id));
    const seen = may(principal, "approvals.manage") ? all : all.filter(concerns);
    return pageOf(
      "policies",
      pageWithin(seen.map(shown), ({ id }) => id, page),
    );
  }

  async set(call: Call, input: PolicyInput): Promise<ApprovalPolicy> {
    const { principal } = call;
    const subject = await this.#subjectOf(call, input);
    const own = subject.user_id === principal.user_id;
    if (!own && !may(principal, "approvals.manage")) {
      throw new Problem(
        "forbidden",
        'Policies for others need the permission "approvals.manage". You may set them for yourself and your tokens.',
      );
    }
    if (input.mode === "auto") refuseLoosening(call);
    const tool = this.#toolOf(call, input.tool);
    const policy = await this.#deps.store.put({
      id: randomUUID(),
      subject: input.subject,
      subject_id: subject.id,
      subject_name: subject.name,
      user_id: subject.user_id,
      tool,
      mode: input.mode,
      set_by: own ? "owner" : "admin",
      created_by: principal.username,
      created_at: (this.#deps.now ?? Date.now)(),
    });
    this.#byTool = null;
    return shown(policy);
  }

  async delete(call: Call, id: string): Promise<{ deleted: boolean }> {
    const policy = (await this.#deps.store.all()).find((row) => row.id === id);
    const manages = may(call.principal, "approvals.manage");
    const own = policy?.user_id === call.principal.user_id;
    if (policy === undefined || (!own && !manages)) {
      throw new Problem("not_found", `There is no approval policy "${id}". list_approval_policies shows yours.`);
    }
    if (policy.set_by === "admin" && !manages) {
      throw new Problem("forbidden", "An administrator set this policy, and only one may delete it.");
    }
    if (policy.mode === "ask") refuseLoosening(call);
    const deleted = await this.#deps.store.delete(id);
    this.#byTool = null;
    return { deleted };
  }

  async #matching(capability: Pick<Capability, "name" | "effect" | "asks">, { principal }: Call) {
    this.#byTool ??= this.#load();
    const byTool = await this.#byTool;
    if (byTool.size === 0) return [];
    const changes = capability.effect !== "read" || capability.asks;
    const rows = [...(byTool.get(capability.name) ?? []), ...((changes && byTool.get("*")) || [])];
    return rows.filter(({ subject, subject_id, mode }) => {
      if (subject === "everyone") return true;
      if (subject === "user") return subject_id === principal.user_id;
      // who does not say which roles it has is asked rather than not
      if (subject === "role") return principal.role_ids?.includes(subject_id) ?? mode === "ask";
      const { kind, id, lineage } = principal.credential;
      if (kind !== "token") return false;
      // a token that must ask cannot make one that need not
      return subject_id === id || (mode === "ask" && (lineage ?? []).includes(subject_id));
    });
  }

  async #load(): Promise<ReadonlyMap<string, readonly StoredPolicy[]>> {
    try {
      const rows = await this.#deps.store.all();
      return Map.groupBy(rows, ({ tool }) => tool);
    } catch (cause) {
      this.#byTool = null;
      throw cause;
    }
  }

  /** A policy for a name that nobody has would never ask, and never say so. */
  #toolOf({ principal }: Call, wanted: string): string {
    if (wanted === "*") return wanted;
    const found = this.#deps.tools.find(wanted);
    const visible =
      found !== null &&
      (found.permission === null || may(principal, found.permission) || may(principal, "approvals.manage"));
    if (!visible) throw new Problem("not_found", `There is no operation or tool "${wanted}".`);
    return found.name;
  }

  async #subjectOf({ principal }: Call, { subject, subject_id }: PolicyInput) {
    if (subject === "everyone") return { id: "", name: "everyone", user_id: null };
    const self = { id: principal.user_id, name: principal.username, user_id: principal.user_id };
    if (subject === "user" && (subject_id === undefined || subject_id === self.id || subject_id === self.name)) {
      return self;
    }
    if (subject_id === undefined) {
      const message = `is needed: which ${subject} the policy is about`;
      throw new Problem("invalid_input", `/subject_id: ${message}.`, { errors: [{ path: "/subject_id", message }] });
    }
    const found = await this.#deps.subjects.find(subject, subject_id, principal.user_id);
    const visible = found !== null && (found.user_id === principal.user_id || may(principal, "approvals.manage"));
    if (!visible) throw new Problem("not_found", `There is no ${subject} "${subject_id}".`);
    return found;
  }
}

/** A model that could switch its own questions off would not be asked. */
function refuseLoosening({ door, principal }: Call): void {
  const { kind } = principal.credential;
  const byPerson = (kind === "session" || kind === "local") && door !== "mcp" && door !== "assistant";
  if (byPerson) return;
  throw new Problem(
    "forbidden",
    "Calls can be made to ask with any credential, but only a person who is signed in may let them run unasked. Do it in the web interface.",
  );
}

function shown({ user_id: _, ...policy }: StoredPolicy): ApprovalPolicy {
  return policy;
}

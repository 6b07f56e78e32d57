import { Problem, problemOf } from "../problem/problem.ts";
import type { Call } from "./call.ts";
import type { Effect } from "./operation.ts";
import type { Permission } from "./permission.ts";

/**
 * Anything that can be called through the waist: one of knot's operations, or a tool of a connected server.
 * `input` is what `parse` returned; `run` may assume it.
 */
export type Capability = {
  readonly name: string;
  readonly title: string;
  readonly effect: Effect;
  readonly permission: Permission | null;
  /** `knot`, or the namespace of the connected server it belongs to. */
  readonly origin: string;
  /** Whether it asks where asking is the default. */
  readonly asks: boolean;
  /** Whether this input changes nothing and only asks what would be lost: that needs no approval. */
  readonly previews?: (input: never) => boolean;
  /** Changes when the description or the schema does; an approval is bound to it. */
  readonly schema_hash: string;
  /** Throws `invalid_input`. */
  readonly parse: (raw: unknown) => unknown;
  readonly label: (input: never) => string;
  /** JSON Pointers to secrets in the input, beside those whose names say so; left out, there are none. */
  readonly secrets?: ((call: Call, input: never) => Promise<readonly string[]>) | undefined;
  /** Runs and checks its own output. */
  readonly run: (call: Call, input: never) => Promise<unknown>;
};

export type Outcome = "ok" | "failed" | "denied" | "pending";

/** One line of the audit log: who did what, through which door, and how it ended. Never holds a secret. */
export type AuditEntry = {
  readonly call: Call;
  readonly capability: Capability;
  readonly label: string;
  readonly outcome: Outcome;
  readonly problem: Problem | null;
  readonly started_at: number;
  readonly duration_ms: number;
};

/** Keeps the audit log. Resolves when the entry is as durable as its effect. */
export interface AuditLog {
  record(entry: AuditEntry): Promise<void>;
}

/** Decides whether a call may run now, has run already, or waits for a person. */
export interface ApprovalGate {
  /**
   * Resolves to `run` when the call may go on, or to the output when an approved call has run before.
   * Throws `approval_required` (with `approval` in the document) or `declined`.
   */
  admit(
    capability: Capability,
    input: unknown,
    label: string,
    call: Call,
  ): Promise<{ run: true } | { run: false; output: unknown }>;
}

/** Gives calls with the same key one effect and one answer. */
export interface IdempotencyGate {
  once(capability: Capability, key: string, input: unknown, call: Call, run: () => Promise<unknown>): Promise<unknown>;
}

export type WaistDeps = {
  readonly audit: AuditLog;
  readonly approvals: ApprovalGate;
  readonly idempotency: IdempotencyGate;
  /** Called with what must not reach the caller: the cause of an `internal` problem. */
  readonly onInternal: (call: Call, capability: Capability, cause: unknown) => void;
  readonly onPassed?: (capability: Capability, call: Call, outcome: Outcome, duration_ms: number) => void;
};

/**
 * The narrow waist. Every call of every caller passes here, and only here are permission, scope, approval,
 * idempotency and audit applied: authorize, parse, approve, run once, audit (also what was denied).
 */
export class Waist {
  readonly #deps: WaistDeps;
  #running = 0;

  constructor(deps: WaistDeps) {
    this.#deps = deps;
  }

  /** How many calls are under way. */
  get running(): number {
    return this.#running;
  }

  /** Throws nothing but Problems. `approved` is for the approval service alone: it runs what a person has allowed. */
  async pass(capability: Capability, raw: unknown, call: Call, approved = false): Promise<unknown> {
    this.#running++;
    try {
      return await this.#pass(capability, raw, call, approved);
    } finally {
      this.#running--;
    }
  }

  async #pass(capability: Capability, raw: unknown, call: Call, approved: boolean): Promise<unknown> {
    const { audit, approvals, idempotency, onInternal, onPassed } = this.#deps;
    const started_at = Date.now();
    const start = performance.now();
    let label = capability.title;
    const finish = async (outcome: Outcome, problem: Problem | null) => {
      const duration_ms = performance.now() - start;
      onPassed?.(capability, call, outcome, duration_ms);
      await audit.record({ call, capability, label, outcome, problem, started_at, duration_ms });
    };
    try {
      authorize(capability, call);
      const input = capability.parse(raw);
      label = capability.label(input as never);
      if (!approved && capability.previews?.(input as never) !== true) {
        const admission = await approvals.admit(capability, input, label, call);
        if (!admission.run) {
          await finish("ok", null);
          return admission.output;
        }
      }
      const run = () => capability.run(call, input as never);
      const key = capability.effect === "read" ? undefined : call.idempotency_key;
      const output = await (key === undefined ? run() : idempotency.once(capability, key, input, call, run));
      await finish("ok", null);
      return output;
    } catch (thrown) {
      const problem =
        call.signal.aborted && !(thrown instanceof Problem)
          ? new Problem("cancelled", "The call was cancelled.", { cause: thrown })
          : problemOf(thrown);
      if (problem.code === "internal") onInternal(call, capability, problem.cause);
      await finish(outcomeOf(problem), problem);
      throw problem;
    }
  }
}

/** Whether this principal may call this capability through this door at all: what lists and searches show. */
export function isAllowed(
  capability: Pick<Capability, "permission" | "effect">,
  call: Pick<Call, "principal" | "door">,
): boolean {
  return denialOf(capability, call) === null;
}

function authorize(capability: Capability, call: Call): void {
  const denial = denialOf(capability, call);
  if (denial !== null) throw new Problem("forbidden", denial);
}

const doorScope = { rest: "api", cli: "api", mcp: "mcp" } as const;

function denialOf(
  { permission, effect }: Pick<Capability, "permission" | "effect">,
  { principal, door }: Pick<Call, "principal" | "door">,
): string | null {
  const { scopes } = principal;
  if (scopes.has("read") && effect !== "read") return "This token may only read.";
  const needed = (doorScope as Partial<Record<typeof door, "api" | "mcp">>)[door];
  const readsOnly = scopes.has("read") && !scopes.has("api") && !scopes.has("mcp");
  if (needed !== undefined && !scopes.has(needed) && !readsOnly) {
    return `This token lacks the scope "${needed}", which this door needs.`;
  }
  if (door === "mcp" && !principal.permissions.has("mcp.use")) return 'This needs the permission "mcp.use".';
  if (permission !== null && !principal.permissions.has(permission))
    return `This needs the permission "${permission}".`;
  return null;
}

function outcomeOf(problem: Problem): Outcome {
  if (problem.code === "approval_required") return "pending";
  if (problem.code === "forbidden" || problem.code === "declined" || problem.code === "unauthenticated")
    return "denied";
  return "failed";
}

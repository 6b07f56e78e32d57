import { type Call, createCall, type Progress } from "../operation/call.ts";
import type { Credential, Principal } from "../operation/principal.ts";
import type { Capability } from "../operation/waist.ts";
import { Problem, problemOf } from "../problem/problem.ts";
import type { Vault } from "../secret/secret.ts";
import { eventOf } from "./approval-event.ts";
import type { ApprovalChange, StoredApproval } from "./approval-store.ts";

/** What it takes to make a stored call again: the caller as of now, the tool as of now, and the way through the waist. */
export interface ApprovedCalls {
  /** Throws `unauthenticated` when the user or the credential is no longer good. */
  revive(user_id: string, credential: Credential): Promise<Principal>;
  /** The operation or tool of this name. One of a connected server is waited for, since it may not be here yet after a start. */
  find(tool: Pick<Capability, "name" | "origin">, signal: AbortSignal): Promise<Capability | undefined>;
  /** `waist.pass` with `approved`: permission is checked again, the question is not asked again. */
  pass(capability: Capability, input: unknown, call: Call): Promise<unknown>;
}

type Deps = {
  readonly vault: Vault;
  readonly calls: ApprovedCalls;
  readonly change: (id: string, change: ApprovalChange) => Promise<StoredApproval | null>;
  /** Hears how far a call is. */
  readonly report: (id: string, progress: Progress) => void;
  readonly now: () => number;
};

/** Runs approved calls: the move from approved to executing is the lock, so each runs at most once. */
export class Execution implements AsyncDisposable {
  readonly #deps: Deps;
  readonly #closing = new AbortController();
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  isRunning(id: string): boolean {
    return this.#running.has(id);
  }

  /** Resolves when the outcome is written down. */
  run(row: StoredApproval): Promise<void> {
    const known = this.#running.get(row.id);
    if (known !== undefined) return known;
    const run = this.#execute(row).finally(() => this.#running.delete(row.id));
    this.#running.set(row.id, run);
    return run;
  }

  /** Writes down that nobody knows how the call ended. */
  async interrupt(id: string): Promise<void> {
    await this.#deps.change(id, {
      from: ["executing"],
      set: { state: "interrupted", finished_at: this.#deps.now(), reason: "The daemon stopped while the call ran." },
      event: executed,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the daemon stops"));
    await Promise.allSettled(this.#running.values());
  }

  async #execute(approved: StoredApproval): Promise<void> {
    const { calls, change, now, vault } = this.#deps;
    const capability = await calls.find({ name: approved.tool, origin: approved.origin }, this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    const row = await change(approved.id, { from: ["approved"], set: { state: "executing" } });
    if (row === null) return;
    let set: Partial<StoredApproval>;
    try {
      const output = JSON.stringify((await this.#pass(row, capability)) ?? null);
      set = { state: "done", output: vault.seal(`approvals/${row.id}/output`, output) };
    } catch (thrown) {
      if (this.#closing.signal.aborted) return this.interrupt(row.id);
      const problem = JSON.stringify(problemOf(thrown).toDocument(row.call_id));
      set = { state: "failed", problem: vault.seal(`approvals/${row.id}/problem`, problem) };
    }
    await change(row.id, { from: ["executing"], set: { ...set, finished_at: now() }, event: executed });
  }

  async #pass(row: StoredApproval, capability: Capability | undefined): Promise<unknown> {
    const { calls, vault } = this.#deps;
    const principal = await calls.revive(row.user_id, {
      kind: row.credential_kind,
      id: row.credential_id,
      name: row.credential_name,
    });
    const call = createCall({
      id: row.call_id,
      principal,
      door: row.door,
      client: row.client,
      ip: row.ip,
      signal: this.#closing.signal,
      report: (progress) => this.#deps.report(row.id, progress),
      idempotency_key: row.idempotency_key ?? `approval:${row.id}`,
    });
    if (capability?.schema_hash !== row.schema_hash || capability.origin !== row.origin) {
      const why = capability === undefined ? "is not there any more" : "changed since the question was asked";
      throw new Problem("conflict", `The tool "${row.tool}" ${why}, so the call was not made. Call it again.`);
    }
    const input: unknown = JSON.parse(vault.open(`approvals/${row.id}/arguments`, row.arguments));
    return calls.pass(capability, input, call);
  }
}

const executed = (row: StoredApproval) => eventOf(row, "approval.executed");

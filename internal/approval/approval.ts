import type { Call, Progress } from "../operation/call.ts";
import { type PageRequest, pageOf } from "../operation/page.ts";
import { may } from "../operation/principal.ts";
import { printable } from "../operation/printable.ts";
import type { ApprovalGate, Capability } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import type { Vault } from "../secret/secret.ts";
import { eventOf } from "./approval-event.ts";
import type { ApprovalPolicies } from "./approval-policies.ts";
import type { ApprovalChange, ApprovalStore, StoredApproval } from "./approval-store.ts";
import { type ApprovedCalls, Execution } from "./execution.ts";
import { hideSecrets } from "./hidden.ts";
import { type Asking, pendingRow, type Question, questionOf } from "./question.ts";
import { missing, refuseDecider, revived, summaryOf, undecided, unfinished } from "./refusal.ts";
import { type Approval, type ApprovalState, type DecidedApproval, endedStates } from "./schema.ts";
import { isOutlived } from "./uncollected.ts";
import { Waiters } from "./waiters.ts";

const hour = 3_600_000;

/** A model that runs wild must not bury the questions of others in the inbox. */
const maxPending = 100;

const ended: ReadonlySet<ApprovalState> = new Set(endedStates);

/** Hears of an approval that has not ended; `progress` is what its call reports. */
export type Follower = (state: ApprovalState, progress?: Progress) => void;

type Deps = {
  readonly store: ApprovalStore;
  readonly policies: Pick<ApprovalPolicies, "asks">;
  readonly vault: Vault;
  readonly calls: ApprovedCalls;
  /** Where the web interface is, without a slash at the end, so that a model can name the whole address. */
  readonly publicUrl: string;
  readonly expires_after_ms?: number | undefined;
  readonly now?: (() => number) | undefined;
  /** Hears of what went wrong outside any call. */
  readonly onError?: ((cause: unknown) => void) | undefined;
};

/**
 * Calls that wait for a person. The question is committed before anyone hears of it; a decision is a compare-and-set;
 * the daemon itself runs what was approved, once, and keeps the answer for whoever asked.
 */
export class Approvals implements ApprovalGate, AsyncDisposable {
  readonly #deps: Deps;
  readonly #waiters = new Waiters();
  readonly #execution: Execution;
  /** Users with rows that a retry could find: all others skip the look-up. */
  #open = new Set<string>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#execution = new Execution({
      vault: deps.vault,
      calls: deps.calls,
      change: (id, change) => this.#change(id, change),
      report: (id, progress) => this.#waiters.tell(id, progress),
      now: () => this.#now(),
    });
  }

  async admit(
    capability: Capability,
    input: unknown,
    label: string,
    call: Call,
  ): Promise<{ run: true } | { run: false; output: unknown }> {
    const asks = await this.#deps.policies.asks(capability, call);
    const isNew = call.approval_id === undefined && !this.#open.has(call.principal.user_id);
    if (!asks && isNew) return { run: true };
    const question = questionOf(capability, input, call, this.#deps.vault);
    const known = await this.#known(question, capability, call);
    if (call.declined) return this.#decline(known, call);
    if (known !== null && known.state !== "pending") return this.#answer(known);
    if (asks) return this.#answer(known ?? (await this.#ask({ capability, input, label, call }, question)));
    const latest = known && (await this.#withdraw(known, { reason: "The call no longer needs approval." }));
    return latest === null || latest.state === "withdrawn" ? { run: true } : this.#answer(latest);
  }

  /**
   * Resolves when the approval has ended, or rejects when the signal aborts. `report` hears where it stands, now and every
   * few seconds, and how far the call is once it runs.
   */
  async waitFor(id: string, signal: AbortSignal, report: Follower = () => {}): Promise<ApprovalState> {
    const stop = this.#waiters.follow(id, (progress) => report("executing", progress));
    try {
      for (;;) {
        const changed = this.#waiters.next(id, signal);
        const row = await this.#deps.store.get(id);
        if (row === null) throw missing(id);
        if (ended.has(row.state)) return row.state;
        report(row.state);
        await changed;
      }
    } finally {
      stop();
    }
  }

  /** One's own; with approvals.manage everybody's. */
  async list(call: Call, input: PageRequest & { state?: ApprovalState | undefined; mine: boolean }) {
    const all = may(call.principal, "approvals.manage") && !input.mine;
    const filter = { state: input.state, user_id: all ? undefined : call.principal.user_id };
    const page = await this.#deps.store.list(filter, input);
    return pageOf("approvals", { ...page, items: page.items.map((row) => this.#shown(row)) });
  }

  async get(call: Call, id: string): Promise<DecidedApproval> {
    return this.#decided(call, await this.#visible(call, id));
  }

  /** Approves, runs the call, and waits up to `wait_seconds` for its end; the call goes on when the wait is over. */
  async approve(
    call: Call,
    input: { approval: string; reason?: string | undefined; wait_seconds: number },
  ): Promise<DecidedApproval> {
    const row = await this.#decide(call, input.approval, "approved", input.reason);
    const run = this.#run(row);
    await Promise.race([run, this.#waiters.pause(input.wait_seconds * 1000, call.signal)]);
    const now = await this.#visible(call, row.id);
    // Who approves a call of the very same session has its answer here; the next such call is a new one.
    const collected = call.principal.credential.id === row.credential_id && ended.has(now.state);
    if (collected) await this.#collect(now);
    return this.#decided(call, now);
  }

  async deny(call: Call, input: { approval: string; reason?: string | undefined }): Promise<DecidedApproval> {
    return this.#decided(call, await this.#decide(call, input.approval, "denied", input.reason));
  }

  /** At boot, before any door opens: runs what was approved, and says of what was running that nobody knows. */
  async recover(): Promise<void> {
    const { store } = this.#deps;
    for (const row of await store.inState("executing")) await this.#execution.interrupt(row.id);
    for (const row of await store.inState("approved")) void this.#run(row);
    await this.sweep();
  }

  /** Once a minute or so: ends what nobody decided in time, and forgets what ended long ago. */
  async sweep(retention_ms = 90 * 24 * hour): Promise<void> {
    const { store } = this.#deps;
    const now = this.#now();
    for (const row of await store.overdue(now)) await this.#expire(row);
    for (const row of await store.inState("executing")) {
      if (!this.#execution.isRunning(row.id)) await this.#execution.interrupt(row.id);
    }
    await store.release(now - 24 * hour);
    await store.prune(now - retention_ms);
    this.#open = new Set(await store.usersWithOpen());
  }

  /** Cancels what runs and waits until it is written down. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#execution[Symbol.asyncDispose]();
  }

  async #ask(asking: Asking, question: Question): Promise<StoredApproval> {
    const { user_id } = asking.call.principal;
    const { total } = await this.#deps.store.list({ user_id, state: "pending" }, { limit: 1 });
    if (total >= maxPending) {
      throw new Problem(
        "quota_exceeded",
        `${total} of your calls wait for approval already. Have some of them decided, then call again.`,
      );
    }
    const created_at = this.#now();
    const expires_at = created_at + (this.#deps.expires_after_ms ?? 24 * hour);
    const secrets = (await asking.capability.secrets?.(asking.call, asking.input as never)) ?? [];
    const row = pendingRow(asking, question, { vault: this.#deps.vault, secrets, created_at, expires_at });
    this.#open.add(user_id);
    const { approval } = await this.#deps.store.add(row, eventOf(row, "approval.pending"));
    return approval;
  }

  /** The row this call is a retry of; null when it is a new call. */
  async #known(question: Question, capability: Capability, call: Call): Promise<StoredApproval | null> {
    const named = await this.#named(question, call);
    const found = named ?? (await this.#deps.store.findOpen(question.open_key));
    if (found === null) return null;
    if (found.args_hash !== question.args_hash) {
      throw new Problem("conflict", "This idempotency key was used with other input. Use a new key for a new call.");
    }
    const row = await this.#inTime(found);
    const isChanged = row.schema_hash !== capability.schema_hash || row.origin !== capability.origin;
    if (row.state === "pending" && isChanged) {
      const latest = await this.#withdraw(row, { reason: "The tool changed since the question was asked." });
      return latest.state === "withdrawn" ? null : latest;
    }
    const isForgotten = named === null && row.idempotency_key === null && isOutlived(row, this.#now());
    if (!isForgotten) return row;
    await this.#deps.store.change(row.id, { from: [row.state], set: { open_key: null } });
    return null;
  }

  /** The row the caller says this is a retry of, when it is one of this very call. */
  async #named({ tool, args_hash }: Question, { approval_id, principal }: Call): Promise<StoredApproval | null> {
    const row = approval_id === undefined ? null : await this.#deps.store.get(approval_id);
    const fits = row?.user_id === principal.user_id && row.tool === tool && row.args_hash === args_hash;
    return fits ? row : null;
  }

  /** The caller's person said no themselves. */
  async #decline(known: StoredApproval | null, { principal, client }: Call) {
    const where = client === "" ? "" : ` in ${client}`;
    if (known === null) throw new Problem("declined", `The user declined this call${where}, so it was not made.`);
    if (known.state !== "pending") return this.#answer(known);
    const by = { decided_by: principal.user_id, decided_by_name: principal.username, decided_at: this.#now() };
    return this.#answer(await this.#withdraw(known, { ...by, reason: printable(`Declined by who asked${where}.`) }));
  }

  async #answer(row: StoredApproval): Promise<{ run: false; output: unknown }> {
    if (!ended.has(row.state)) throw this.#required(row);
    await this.#collect(row);
    if (row.state === "done") return { run: false, output: this.#opened(row, "output") };
    if (row.state === "failed") throw revived(this.#opened(row, "problem"), summaryOf(row, this.#urlOf(row)));
    throw unfinished(row, this.#urlOf(row));
  }

  /** Commits the decision; of two deciders exactly one gets past here. */
  async #decide(call: Call, id: string, state: "approved" | "denied", reason: string | undefined) {
    const row = await this.#visible(call, id);
    refuseDecider(call, row, this.#urlOf(row));
    const now = this.#now();
    const { principal } = call;
    const set: Partial<StoredApproval> = {
      state,
      decided_by: principal.user_id,
      decided_by_name: principal.username,
      decided_at: now,
      reason: reason === undefined ? null : printable(reason),
    };
    const decided = await this.#change(row.id, { from: ["pending"], set, event: decidedEvent, unexpired_at: now });
    if (decided !== null) return decided;
    const latest = await this.#reload(row.id);
    if (latest.state === "pending") await this.#expire(latest);
    throw undecided(latest, this.#urlOf(latest));
  }

  async #run(row: StoredApproval): Promise<void> {
    await this.#execution.run(row).catch((cause) => this.#deps.onError?.(cause));
  }

  /** The row as it stands, expired when its time is over. */
  async #inTime(row: StoredApproval): Promise<StoredApproval> {
    if (row.state !== "pending" || row.expires_at > this.#now()) return row;
    return (await this.#expire(row)) ?? (await this.#reload(row.id));
  }

  async #expire(row: StoredApproval): Promise<StoredApproval | null> {
    const set = { state: "expired", reason: "Nobody decided in time." } as const;
    return this.#change(row.id, { from: ["pending"], set, event: decidedEvent });
  }

  /** The row as it is now: withdrawn, unless someone decided first. */
  async #withdraw(row: StoredApproval, why: Partial<StoredApproval>): Promise<StoredApproval> {
    const set = { ...why, state: "withdrawn", open_key: null } as const;
    return (await this.#change(row.id, { from: ["pending"], set, event: decidedEvent })) ?? this.#reload(row.id);
  }

  async #collect(row: StoredApproval): Promise<void> {
    if (row.collected_at !== null) return;
    const open_key = row.idempotency_key === null ? null : row.open_key;
    await this.#deps.store.change(row.id, { from: [row.state], set: { collected_at: this.#now(), open_key } });
  }

  async #change(id: string, change: ApprovalChange): Promise<StoredApproval | null> {
    const row = await this.#deps.store.change(id, change);
    if (row !== null) this.#waiters.wake(id);
    return row;
  }

  async #visible(call: Call, id: string): Promise<StoredApproval> {
    const row = await this.#deps.store.get(id);
    const seen = row?.user_id === call.principal.user_id || may(call.principal, "approvals.manage");
    if (row === null || !seen) throw missing(id);
    return row;
  }

  async #reload(id: string): Promise<StoredApproval> {
    const row = await this.#deps.store.get(id);
    if (row === null) throw missing(id);
    return row;
  }

  #required(row: StoredApproval): Problem {
    const url = this.#urlOf(row);
    const retry = `then call ${row.tool} again with the same arguments to get its result; it runs only once`;
    const detail =
      row.state === "pending"
        ? `This call waits for approval: ${row.label}. Ask the user to approve it at ${url}, ${retry}.`
        : `This call was approved and is running: ${row.label}. Wait a little, ${retry}.`;
    return new Problem("approval_required", detail, { extra: { approval: summaryOf(row, url) } });
  }

  #urlOf({ id }: StoredApproval): string {
    return `${this.#deps.publicUrl}/approvals/${id}`;
  }

  #opened(row: StoredApproval, what: "arguments" | "output" | "problem"): unknown {
    const sealed = row[what];
    return sealed === null ? null : JSON.parse(this.#deps.vault.open(`approvals/${row.id}/${what}`, sealed));
  }

  #shown(row: StoredApproval): Approval {
    return {
      id: row.id,
      state: row.state,
      label: row.label,
      tool: row.tool,
      origin: row.origin,
      effect: row.effect,
      arguments: hideSecrets(this.#opened(row, "arguments"), secretFieldsOf(row)) as Record<string, unknown>,
      user_id: row.user_id,
      username: row.username,
      credential_kind: row.credential_kind,
      credential_name: row.credential_name,
      door: row.door,
      client: row.client,
      created_at: row.created_at,
      expires_at: row.expires_at,
      decided_by: row.decided_by_name,
      decided_at: row.decided_at,
      reason: row.reason,
      finished_at: row.finished_at,
    };
  }

  #decided(call: Call, row: StoredApproval): DecidedApproval {
    const own = row.user_id === call.principal.user_id;
    return {
      ...this.#shown(row),
      output: own ? hideSecrets(this.#opened(row, "output")) : null,
      problem: this.#opened(row, "problem") as Record<string, unknown> | null,
    };
  }

  #now(): number {
    return (this.#deps.now ?? Date.now)();
  }
}

const secretFieldsOf = ({ secret_fields }: StoredApproval): ReadonlySet<string> =>
  new Set<string>(secret_fields === null ? [] : JSON.parse(secret_fields));

const decidedEvent = (row: StoredApproval) => eventOf(row, "approval.decided");

import { randomUUID } from "node:crypto";
import type { Call, Door } from "../operation/call.ts";
import { type PageRequest, pageOf } from "../operation/page.ts";
import type { Credential } from "../operation/principal.ts";
import { printable } from "../operation/printable.ts";
import type { AuditLog, Outcome, AuditEntry as Passed } from "../operation/waist.ts";
import { Problem, type ProblemCode } from "../problem/problem.ts";
import type { AuditFilter, AuditStore } from "./audit-store.ts";
import { chained, checkpointOf, faultOf, type Link, linkOf } from "./chain.ts";
import { Queue } from "./queue.ts";
import type { AuditRow } from "./schema.ts";

/** Something that is no call of an operation: a sign-in, a refused token. */
export type AuditedEvent = {
  /** login, logout, setup, token_refused, ... */
  readonly operation: string;
  readonly outcome: Outcome;
  readonly label: string;
  readonly door: Door;
  /** As it was typed when nobody is signed in. */
  readonly username: string;
  readonly user_id?: string | null | undefined;
  readonly credential?: Credential | undefined;
  readonly client?: string | undefined;
  readonly ip?: string | undefined;
  readonly problem_code?: ProblemCode | undefined;
};

export type Verdict = {
  readonly intact: boolean;
  /** How many entries were checked. */
  readonly checked: number;
  /** The first thing that is wrong. */
  readonly fault: string | null;
  /** Where the log ends, to be kept elsewhere. */
  readonly checkpoint: string;
};

type Deps = {
  readonly store: AuditStore;
  readonly now?: (() => number) | undefined;
  /** How long reads may wait to be written together. */
  readonly batch_ms?: number | undefined;
  /** Hears when entries could not be written; they are kept and tried again. */
  readonly onError?: ((cause: unknown) => void) | undefined;
};

const day = 86_400_000;

/** The audit log: a hash chain in which an edit, a deletion or a change of order is found. */
export class Audit implements AuditLog, AsyncDisposable {
  readonly #store: AuditStore;
  readonly #queue: Queue<AuditRow>;
  readonly #now: () => number;

  constructor({ store, now, batch_ms, onError }: Deps) {
    this.#store = store;
    this.#now = now ?? Date.now;
    this.#queue = new Queue({
      write: (rows) => store.append(rows, chained),
      delay_ms: batch_ms ?? 100,
      batch: 100,
      capacity: 10_000,
      onError: onError ?? (() => {}),
    });
  }

  async record(entry: Passed): Promise<void> {
    if (!isAudited(entry)) return;
    const row = rowOf(entry);
    const durable = entry.capability.effect !== "read" || entry.outcome !== "ok";
    await this.#written(durable ? this.#queue.addDurably(row) : this.#queue.add(row));
  }

  /** Resolves when it is durable. */
  async recordEvent(event: AuditedEvent): Promise<void> {
    const row: AuditRow = {
      at: this.#now(),
      call_id: randomUUID(),
      user_id: event.user_id ?? null,
      username: printable(event.username, 200),
      ...credentialOf(event.credential),
      door: event.door,
      client: printable(event.client ?? "", 200),
      ip: printable(event.ip ?? "", 100),
      operation: printable(event.operation, 200),
      origin: "knot",
      effect: "write",
      label: labelOf(event.label),
      outcome: event.outcome,
      problem_code: event.problem_code ?? null,
      duration_ms: 0,
    };
    await this.#written(this.#queue.addDurably(row));
  }

  /** Newest first. */
  async list(_call: Call, input: AuditFilter & PageRequest) {
    await this.#queue.flush();
    return pageOf("entries", await this.#store.list(input, input));
  }

  /**
   * Reads the whole chain. With a `checkpoint` of before that was kept elsewhere, it also finds a log that was cut or
   * rewritten as a whole.
   */
  async verify({ signal }: Pick<Call, "signal">, checkpoint?: string): Promise<Verdict> {
    const kept = checkpoint === undefined ? [] : [linkOf(checkpoint)];
    for (;;) {
      await this.#queue.flush();
      const { anchor, head } = await this.#store.chain();
      refuseOlder(kept, anchor);
      const { checked, fault } = await this.#walk(anchor, [head, ...kept], signal);
      const wasPruned = (await this.#store.chain()).anchor.seq !== anchor.seq;
      if (fault === null || !wasPruned)
        return { intact: fault === null, checked, fault, checkpoint: checkpointOf(head) };
    }
  }

  /** Where the log ends now, for a place out of reach of whoever can write to the database. */
  async checkpoint(): Promise<string> {
    await this.#queue.flush();
    return checkpointOf((await this.#store.chain()).head);
  }

  /** Deletes what is older than `retention_days`, in small steps; the rest still verifies. */
  async prune(retention_days: number): Promise<number> {
    const before = this.#now() - retention_days * day;
    let pruned = 0;
    for (;;) {
      const count = await this.#store.prune(before, 2000);
      pruned += count;
      if (count < 2000) return pruned;
    }
  }

  /** Writes what is still waiting. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  /** From the anchor to the end, and past each of the marks. */
  async #walk(anchor: Link, marks: readonly Link[], signal: AbortSignal): Promise<Pick<Verdict, "checked" | "fault">> {
    let last = anchor;
    for (;;) {
      signal.throwIfAborted();
      const entries = await this.#store.after(last.seq, 1000);
      for (const entry of entries) {
        const checked = last.seq - anchor.seq;
        const fault = faultOf(last, entry);
        if (fault !== null) return { checked, fault };
        last = entry;
        if (marks.some(({ seq, hash }) => seq === entry.seq && hash !== entry.hash)) {
          return { checked, fault: `entry ${entry.seq} is not the one that was there before` };
        }
      }
      if (entries.length < 1000) break;
    }
    const missing = marks.some(({ seq }) => seq > last.seq);
    return { checked: last.seq - anchor.seq, fault: missing ? `entry ${last.seq + 1} is missing` : null };
  }

  async #written(written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (cause) {
      const why = cause instanceof Problem ? cause : null;
      const withheld =
        "The audit log could not be written, so the result is withheld. The call may have taken effect: check the state before you try again.";
      throw new Problem(why?.code ?? "unavailable", why === null ? withheld : `${why.message} ${withheld}`, { cause });
    }
  }
}

/** What was pruned with its retention cannot be compared, and must not pass for a log that was cut. */
function refuseOlder(checkpoints: readonly Link[], anchor: Link): void {
  if (checkpoints.every(({ seq, hash }) => seq > anchor.seq || (seq === anchor.seq && hash === anchor.hash))) return;
  const message = `is not one of this log as it is kept, which begins behind entry ${anchor.seq}`;
  throw new Problem("invalid_input", `/checkpoint: ${message}.`, { errors: [{ path: "/checkpoint", message }] });
}

function isAudited({ call, capability, outcome }: Passed): boolean {
  const byModel = call.door === "mcp" || call.door === "assistant";
  return byModel || capability.effect !== "read" || outcome === "denied" || outcome === "pending";
}

function rowOf({ call, capability, label, outcome, problem, started_at, duration_ms }: Passed): AuditRow {
  const { principal } = call;
  return {
    at: started_at,
    call_id: printable(call.id, 100),
    user_id: principal.user_id,
    username: printable(principal.username, 200),
    ...credentialOf(principal.credential),
    door: call.door,
    client: printable(call.client, 200),
    ip: printable(call.ip, 100),
    operation: printable(capability.name, 200),
    origin: printable(capability.origin, 200),
    effect: capability.effect,
    label: labelOf(label),
    outcome,
    problem_code: problem?.code ?? null,
    duration_ms: Math.round(duration_ms),
  };
}

/** One line, without a token that somebody put where a name belongs. */
const labelOf = (text: string): string => printable(text.replaceAll(/knot_[\w-]{20,}/g, "knot_***"));

const credentialOf = (credential: Credential | undefined) => ({
  credential_kind: credential?.kind ?? null,
  credential_id: credential === undefined ? null : printable(credential.id, 200),
  credential_name: credential === undefined ? null : printable(credential.name, 200),
});

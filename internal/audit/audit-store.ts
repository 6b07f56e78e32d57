import type { Page, PageRequest } from "../operation/page.ts";
import type { Outcome } from "../operation/waist.ts";
import type { Link } from "./chain.ts";
import type { AuditEntry, AuditRow } from "./schema.ts";

export type AuditFilter = {
  /** Id or name. */
  readonly user?: string | undefined;
  readonly operation?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly door?: string | undefined;
  /** From this time on, and before that one; milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
};

/** `anchor` is the last pruned entry, `head` the newest. */
export type Chain = { readonly anchor: Link; readonly head: Link };

/** Keeps the audit log. Nothing in it is ever changed; only its oldest part can go. */
export interface AuditStore {
  /** Commits all rows behind the head in this order, or none. */
  append(rows: readonly AuditRow[], chained: (previous: Link, row: AuditRow) => AuditEntry): Promise<void>;
  chain(): Promise<Chain>;
  /** Oldest first. */
  after(seq: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
  /** Deletes up to `limit` of the oldest entries that began before the time, and remembers the last one. */
  prune(before: number, limit: number): Promise<number>;
}

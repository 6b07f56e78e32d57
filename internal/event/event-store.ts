import type { Event } from "./schema.ts";

/**
 * Which events a caller may see: everyone's, one's own, those of one's groups, and those whose type begins with one of
 * the prefixes.
 */
export type Viewer = {
  readonly user_id: string;
  readonly group_ids: readonly string[];
  readonly prefixes: readonly string[];
};

export type EventFilter = {
  readonly viewer: Viewer;
  /** Exact types, or `noun.*`. */
  readonly types?: readonly string[] | undefined;
};

/** Reads stored events; `Tx.event` writes them. */
export interface EventStore {
  /** Oldest first: those behind `after` up to `through`. */
  between(filter: EventFilter, after: number, through: number, limit: number): Promise<readonly Event[]>;
  /** The newest ones, oldest first. */
  latest(filter: EventFilter, limit: number): Promise<readonly Event[]>;
  /** How many there are behind `after`, up to `through`. */
  count(filter: EventFilter, after: number, through: number): Promise<number>;
  /** Null when nothing has ever happened. */
  bounds(): Promise<{ readonly oldest: number; readonly newest: number } | null>;
  /** Deletes what is older, and what is more than `keep`; the newest event always stays. */
  prune(before: number, keep: number): Promise<number>;
}

import type { Sealed } from "../secret/secret.ts";

export type IdempotencyKey = { readonly user_id: string; readonly operation: string; readonly key: string };

export type IdempotencyRow = IdempotencyKey & {
  readonly input_hash: string;
  readonly state: "running" | "done";
  /** Which start of the daemon runs it. */
  readonly boot_id: string;
  readonly output: Sealed | null;
  readonly created_at: number;
};

/** Remembers what was done under which key. */
export interface IdempotencyStore {
  /** Adds the row and answers null, or answers with the one that is there. */
  claim(row: IdempotencyRow): Promise<IdempotencyRow | null>;
  /** Compare-and-set: puts `row` in the place of `known`, unless someone else did. */
  takeOver(known: IdempotencyRow, row: IdempotencyRow): Promise<boolean>;
  finish(key: IdempotencyKey, output: Sealed): Promise<void>;
  /** Forgets a running row. */
  release(key: IdempotencyKey): Promise<void>;
  prune(created_before: number): Promise<number>;
}

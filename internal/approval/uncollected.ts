import type { StoredApproval } from "./approval-store.ts";
import type { ApprovalState } from "./schema.ts";

const minute = 60_000;

/** How long an answer waits for a caller who brings nothing but the same arguments. */
const lives: Partial<Record<ApprovalState, number>> = {
  done: 60 * minute,
  failed: 60 * minute,
  interrupted: 60 * minute,
  denied: 10 * minute,
  withdrawn: 0,
  expired: 0,
};

/**
 * Whether an answer that nobody fetched is too old to be taken for the answer to this call: who calls much later means a
 * new call, and would be told of an effect that is long past, or of a no to another question.
 */
export function isOutlived({ state, decided_at, finished_at }: StoredApproval, now: number): boolean {
  const life = lives[state];
  return life !== undefined && (finished_at ?? decided_at ?? 0) + life <= now;
}

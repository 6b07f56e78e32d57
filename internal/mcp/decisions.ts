import type { Call, Progress } from "../operation/call.ts";
import type { Pending } from "./approval.ts";

/**
 * Resolves when the approval has ended, or rejects when the signal aborts. `report` hears where it stands, now and then,
 * and how far its call is once it runs.
 */
export type Decided = (
  approval_id: string,
  signal: AbortSignal,
  report: (state: string, progress?: Progress) => void,
) => Promise<unknown>;

export type Hold = {
  readonly decided: Decided;
  /** Milliseconds; clients give a request up after 60 s, and one that was given up brings nobody an answer. */
  readonly longest?: number | undefined;
};

const longestMs = 45_000;

/**
 * Keeps a request open until its approval has ended, so that whoever comes back early neither has to ask in a loop nor is
 * asked again at once. Resolves to false when that took too long; rejects when the caller goes away. Who follows the
 * progress of a call that is approved and runs is kept to its end, as with any other call.
 */
export async function holdFor(
  { id, label, url }: Pending,
  call: Call,
  { decided, longest = longestMs }: Hold,
  follows: boolean,
): Promise<boolean> {
  const late = new AbortController();
  let runs = false;
  const timer = setTimeout(() => {
    if (!runs || !follows) late.abort();
  }, longest);
  try {
    await decided(id, AbortSignal.any([call.signal, late.signal]), (state, progress) => {
      const ran = runs;
      runs = state !== "pending";
      if (progress !== undefined) call.report(progress);
      else if (!runs) call.report({ message: `Waiting for a decision: ${label} (${url})` });
      else if (!ran) call.report({ message: `Approved, and running: ${label}` });
    });
    return true;
  } catch (thrown) {
    if (late.signal.aborted && !call.signal.aborted) return false;
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

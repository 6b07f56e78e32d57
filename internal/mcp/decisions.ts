import type { Call } from "../operation/call.ts";
import type { Pending } from "./approval.ts";

/** Resolves when the approval has ended, or rejects when the signal aborts. */
export type Decided = (approval_id: string, signal: AbortSignal) => Promise<unknown>;

export type Hold = {
  readonly decided: Decided;
  /** Milliseconds; clients give a request up after 60 s, and one that was given up brings nobody an answer. */
  readonly longest?: number | undefined;
};

const longestMs = 45_000;
const reportMs = 10_000;

/**
 * Keeps a request open until its approval has ended, so that whoever comes back early neither has to ask in a loop nor is
 * asked again at once. Resolves to false when that took too long; rejects when the caller goes away.
 */
export async function holdFor({ id, label, url }: Pending, call: Call, { decided, longest }: Hold): Promise<boolean> {
  const late = AbortSignal.timeout(longest ?? longestMs);
  const report = () => call.report({ message: `Waiting for a decision: ${label} (${url})` });
  report();
  const reports = setInterval(report, reportMs);
  try {
    await decided(id, AbortSignal.any([call.signal, late]));
    return true;
  } catch (thrown) {
    if (late.aborted && !call.signal.aborted) return false;
    throw thrown;
  } finally {
    clearInterval(reports);
  }
}

import { Problem } from "../problem/problem.ts";

/** What to throw when `signal` ended something: its own Problem if it carries one, else `timed_out` or `cancelled`. */
export function abortedProblem(signal: AbortSignal, what: string): Problem {
  const { reason } = signal;
  if (reason instanceof Problem) return reason;
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  if (timedOut) return new Problem("timed_out", `${what} took longer than allowed and was stopped.`, { cause: reason });
  return new Problem("cancelled", `${what} was cancelled.`, { cause: reason });
}

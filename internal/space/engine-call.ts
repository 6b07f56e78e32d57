import { Problem } from "../problem/problem.ts";

/** The row was changed by somebody else while a step ran: what the step found no longer counts. */
export class Moved extends Error {}

export type Within = {
  /** What is waited for, as in "Pulling the image". */
  readonly what: string;
  readonly ms: number;
  /** Aborted when the row has moved on. */
  readonly signal: AbortSignal;
};

/**
 * Runs `work` for at most `ms`, even when it ignores its signal: throws `timed_out` then, and Moved when `signal`
 * is aborted. What the abandoned work still does in the engine is found by the next inspection.
 */
export async function within<Result>(
  { what, ms, signal }: Within,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) throw new Moved();
  const controller = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: Error) => {
    controller.abort(reason);
    ended.reject(reason);
  };
  const onMoved = () => end(new Moved());
  const timer = setTimeout(() => end(new Problem("timed_out", `${what} took longer than ${wordsOf(ms)}.`)), ms);
  signal.addEventListener("abort", onMoved, { once: true });
  const working = work(controller.signal);
  // the loser of the race must not become an unhandled rejection
  working.catch(() => {});
  ended.promise.catch(() => {});
  try {
    return await Promise.race([working, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onMoved);
  }
}

const wordsOf = (ms: number): string =>
  ms >= 120_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 100) / 10} seconds`;

/** How often a waiter looks again even when nobody woke it: another process may have decided. */
const poll_ms = 5000;

/** Those who wait for an approval to change. */
export class Waiters {
  readonly #byId = new Map<string, Set<() => void>>();

  /** Resolves at the next change, or after a while; rejects when the signal aborts. */
  next(id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#byId.get(id) ?? new Set();
    this.#byId.set(id, waiting);
    waiting.add(resolve);
    const timer = setTimeout(resolve, poll_ms);
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    const settled = promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#byId.get(id) === waiting) this.#byId.delete(id);
    });
    // whoever looked meanwhile and found the end does not come back for this promise
    settled.catch(() => {});
    return settled;
  }

  wake(id: string): void {
    for (const resolve of this.#byId.get(id) ?? []) resolve();
  }

  /** Resolves after a time, or early when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      timer.unref();
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}

import type { Progress } from "../operation/call.ts";

/** How often a waiter looks again even when nobody woke it: another process may have decided. */
const poll_ms = 5000;

/** Those who wait for an approval to change, or follow how far its call is. */
export class Waiters {
  readonly #byId = new Map<string, Set<() => void>>();
  readonly #followers = new Map<string, Set<(progress: Progress) => void>>();

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

  /** Hears how far the approved call is. Returns the way to stop. */
  follow(id: string, follower: (progress: Progress) => void): () => void {
    const following = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, following.add(follower));
    return () => {
      following.delete(follower);
      if (following.size === 0 && this.#followers.get(id) === following) this.#followers.delete(id);
    };
  }

  tell(id: string, progress: Progress): void {
    for (const follower of this.#followers.get(id) ?? []) follower(progress);
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

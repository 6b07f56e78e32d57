import type { Viewer } from "./event-store.ts";
import type { CommittedEvent, Event } from "./schema.ts";
import { sees } from "./visibility.ts";

/** Holds what one listener has not read yet, up to a limit: a slow listener is dropped, not carried. */
export class Subscriber {
  readonly #viewer: Viewer;
  readonly #capacity: number;
  #events: Event[] = [];
  #overflowed = false;
  #wake: (() => void) | null = null;

  constructor(viewer: Viewer, capacity: number) {
    this.#viewer = viewer;
    this.#capacity = capacity;
  }

  push({ group_ids, ...event }: CommittedEvent): void {
    if (this.#overflowed || !sees(this.#viewer, { ...event, group_ids })) return;
    this.#events.push(event);
    if (this.#events.length > this.#capacity) this.drop();
    this.#wake?.();
  }

  /** Gives up on this listener: what it missed cannot be told. */
  drop(): void {
    this.#overflowed = true;
    this.#events = [];
    this.#wake?.();
  }

  /** Makes a waiting `take` look at its signal. */
  wake(): void {
    this.#wake?.();
  }

  /** What has come since the last call, waiting for something to come; null when the listener was dropped. */
  async take(signal: AbortSignal): Promise<readonly Event[] | null> {
    while (this.#events.length === 0 && !this.#overflowed && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      this.#wake = null;
    }
    if (this.#overflowed) return null;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

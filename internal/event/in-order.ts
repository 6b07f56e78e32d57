import type { CommittedEvent } from "./schema.ts";

type Options = {
  /** The last event before the first one that comes. */
  readonly horizon: number;
  /** How long a missing number may hold the others back. */
  readonly gap_ms: number;
  readonly onEvent: (event: CommittedEvent) => void;
  /** An event came after its number was given up. */
  readonly onLate: () => void;
};

/**
 * Puts events in the order of their numbers. PostgreSQL gives out numbers before the commit, so events may be
 * committed out of order; whoever resumes after a number must not have missed a lower one. A number that was rolled
 * back never comes, and is given up after a while.
 */
export class InOrder {
  readonly #options: Options;
  readonly #held = new Map<number, CommittedEvent>();
  #horizon: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#horizon = options.horizon;
  }

  /** Everything up to this number was let through or will never come. */
  get horizon(): number {
    return this.#horizon;
  }

  add(event: CommittedEvent): void {
    if (event.seq <= this.#horizon) {
      this.#options.onLate();
      return;
    }
    this.#held.set(event.seq, event);
    this.#release();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #release(): void {
    for (;;) {
      const event = this.#held.get(this.#horizon + 1);
      if (event === undefined) break;
      this.#held.delete(event.seq);
      this.#horizon = event.seq;
      this.#options.onEvent(event);
    }
    if (this.#held.size === 0) return;
    this.#timer ??= setTimeout(() => this.#giveUp(), this.#options.gap_ms).unref();
  }

  #giveUp(): void {
    this.#timer = undefined;
    if (this.#held.size === 0) return;
    this.#horizon = Math.min(...this.#held.keys()) - 1;
    this.#release();
  }
}

const threshold = 5;
const windowMs = 60_000;

type Rest = { readonly first: number; readonly last: number };

/**
 * Gives a server a rest after five failures in a row within a minute: 5 s, then twice as long each time up to a minute,
 * until something succeeds. After a rest one more failure is enough for the next.
 */
export class Breaker {
  readonly #rest: Rest;
  #failures: readonly number[] = [];
  #rests = 0;
  #until = 0;

  constructor(rest: Rest = { first: 5000, last: 60_000 }) {
    this.#rest = rest;
  }

  /** Until when it rests; null when it does not. */
  restsUntil(now = Date.now()): number | null {
    return this.#until > now ? this.#until : null;
  }

  failed(now = Date.now()): void {
    this.#failures = [...this.#failures.filter((at) => at > now - windowMs), now].slice(-threshold);
    if (this.#failures.length < threshold && this.#rests === 0) return;
    this.#until = now + Math.min(this.#rest.last, this.#rest.first * 2 ** this.#rests);
    this.#rests = Math.min(this.#rests + 1, 10);
  }

  succeeded(): void {
    this.#failures = [];
    this.#rests = 0;
    this.#until = 0;
  }
}

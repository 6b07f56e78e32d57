import { Problem } from "../problem/problem.ts";

/** Lets a few through at once and makes some wait; who comes when too many wait gets `unavailable`. */
export class Turnstile {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inside < this.#most) this.#inside += 1;
    else {
      if (this.#waiting.length >= this.#mostWaiting) {
        throw new Problem("unavailable", "Too many people sign in at this moment. Try again in a few seconds.");
      }
      // Whoever leaves hands its place over, so the count stays
      await new Promise<void>((enter) => this.#waiting.push(enter));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}

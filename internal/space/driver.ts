import type { Progress } from "../operation/call.ts";
import { problemOf } from "../problem/problem.ts";
import { isTransient } from "./change.ts";
import { Moved } from "./engine-call.ts";
import type { Cleanup, SpaceRow, SpaceStore } from "./space-store.ts";
import type { Passage, Steps } from "./steps.ts";

export type DriverDeps = {
  readonly store: SpaceStore;
  readonly steps: Steps;
  /** Told of what ends in `failed` without being anybody's mistake. */
  readonly onError: (space_id: string, cause: unknown) => void;
  /** How often a starting health check is looked at, and how long the first pause after a silent engine is, in milliseconds. */
  readonly pollEvery: number;
  /** How long a silent engine is tried before any step has begun, in milliseconds. */
  readonly patience: number;
};

type Flight = {
  readonly done: Promise<void>;
  /** Aborts the step under way. */
  turn: AbortController;
  /** The row was changed or has to be looked at: go round once more. */
  again: boolean;
  /** Compare it with the engine, once it is settled. */
  verify: boolean;
  /** When it is compared: the engine was away, so that its container may have ended with it. */
  revive: boolean;
  /** Remove what is left of it in the engine. */
  tidy: boolean;
  readonly listeners: Set<(progress: Progress) => void>;
};

/**
 * Moves spaces along, one flight for each space at a time: load the row, do the next step, until it is settled.
 * Calls, the reconciler and the start of the daemon all end up here.
 */
export class Driver implements AsyncDisposable {
  readonly #deps: DriverDeps;
  readonly #flights = new Map<string, Flight>();
  readonly #closing = new AbortController();

  constructor(deps: DriverDeps) {
    this.#deps = deps;
  }

  /** The row was changed: whatever step is under way is given up, and the new way is taken. */
  changed(space_id: string): void {
    this.#flights.get(space_id)?.turn.abort();
    void this.#fly(space_id);
  }

  /** Goes on with the space if it is transient; resolves when it is settled. Never rejects. */
  drive(space_id: string): Promise<void> {
    return this.#fly(space_id);
  }

  /** Also compares a settled space with the engine; with `revive`, what ended with the engine is started again. */
  verify(space_id: string, revive = false): Promise<void> {
    return this.#fly(space_id, { verify: true, revive });
  }

  /** Also does the cleanups that wait for the space, or for one that is gone. */
  tidy(space_id: string): Promise<void> {
    return this.#fly(space_id, { tidy: true });
  }

  /** Waits for the space to settle, at most `ms`; resolves early when the caller goes away. */
  async wait(space_id: string, ms: number, signal: AbortSignal, report: (progress: Progress) => void): Promise<void> {
    const flight = this.#flights.get(space_id);
    if (flight === undefined || ms <= 0 || signal.aborted) return;
    const enough = Promise.withResolvers<void>();
    const timer = setTimeout(enough.resolve, ms).unref();
    const leave = () => enough.resolve();
    signal.addEventListener("abort", leave, { once: true });
    flight.listeners.add(report);
    await Promise.race([flight.done, enough.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
    flight.listeners.delete(report);
  }

  /** Removes one thing that no space knows. */
  async clean(cleanup: Cleanup): Promise<void> {
    await this.#deps.steps.clean(cleanup, this.#closing.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const flights = [...this.#flights.values()];
    for (const flight of flights) flight.turn.abort();
    await Promise.all(flights.map(({ done }) => done));
  }

  #fly(space_id: string, { verify = false, revive = false, tidy = false } = {}): Promise<void> {
    const under = this.#flights.get(space_id);
    if (under !== undefined) {
      under.again = true;
      under.verify ||= verify;
      under.revive ||= revive;
      under.tidy ||= tidy;
      return under.done;
    }
    if (this.#closing.signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const turn = new AbortController();
    const flight: Flight = { done: promise, turn, again: false, verify, revive, tidy, listeners: new Set() };
    this.#flights.set(space_id, flight);
    void this.#rounds(space_id, flight)
      .catch((cause) => this.#deps.onError(space_id, cause))
      .finally(() => {
        this.#flights.delete(space_id);
        resolve();
      });
    return promise;
  }

  async #rounds(space_id: string, flight: Flight): Promise<void> {
    let [begun, pause, until]: [Passage["begun"], number, number] = [null, this.#deps.pollEvery, 0];
    while (!this.#closing.signal.aborted) {
      flight.again = false;
      if (flight.turn.signal.aborted) [flight.turn, begun, until] = [new AbortController(), null, 0];
      const row = await this.#deps.store.find(space_id);
      if (flight.tidy && (row === null || !isTransient(row.state))) {
        flight.tidy = false;
        await this.#deps.steps.tidy(space_id, this.#closing.signal);
        continue;
      }
      if (row === null) {
        if (!flight.again) return;
        continue;
      }
      const passage = this.#passage(row, flight, begun);
      try {
        const settled = await this.#round(row, flight, passage);
        if (settled && !flight.again) return;
        [begun, pause, until] = [null, this.#deps.pollEvery, 0];
      } catch (thrown) {
        if (thrown instanceof Moved) {
          [begun, until] = [null, 0];
          continue;
        }
        begun = passage.begun;
        until ||= performance.now() + this.#deps.patience;
        const silent = problemOf(thrown).code === "runtime_unavailable" && performance.now() < (begun?.until ?? until);
        if (silent && isTransient(row.state)) {
          await this.#pause(pause, flight);
          pause = Math.min(pause * 2, 5000);
        } else if (await this.#failed(passage, thrown)) return;
      }
    }
  }

  /** Resolves to whether the space is settled. */
  async #round(row: SpaceRow, flight: Flight, passage: Passage): Promise<boolean> {
    if (isTransient(row.state)) {
      await this.#deps.steps.advance(
        passage.begun === null ? await this.#deps.steps.resume(row, passage) : row,
        passage,
      );
      return false;
    }
    const settling = row.state === "running" && row.health === "starting";
    if (!flight.verify && !settling) return true;
    const { revive } = flight;
    flight.verify = flight.revive = false;
    if (!(await this.#deps.steps.verify(row, passage, revive))) return true;
    await this.#pause(this.#deps.pollEvery, flight);
    return false;
  }

  /** Resolves to whether the flight is over. */
  async #failed(passage: Passage, thrown: unknown): Promise<boolean> {
    // a settled space that could not be looked at stays as it is
    if (!isTransient(passage.row.state)) return true;
    const problem = problemOf(thrown);
    if (problem.code === "internal") this.#deps.onError(passage.row.id, problem.cause);
    try {
      await this.#deps.steps.fail(passage, problem.message);
      return true;
    } catch (moved) {
      if (moved instanceof Moved) return false;
      throw moved;
    }
  }

  #passage(row: SpaceRow, flight: Flight, begun: Passage["begun"]): Passage {
    const report = (progress: Progress) => {
      for (const listener of flight.listeners) listener(progress);
    };
    const closing = this.#closing.signal;
    return { signal: AbortSignal.any([flight.turn.signal, closing]), closing, report, begun, row };
  }

  async #pause(ms: number, flight: Flight): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const signal = AbortSignal.any([flight.turn.signal, this.#closing.signal]);
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
  }
}

import { problemOf } from "../problem/problem.ts";
import { isTransient, targetOf } from "./change.ts";
import type { Driver } from "./driver.ts";
import { endedBySignal } from "./end.ts";
import { within } from "./engine-call.ts";
import type { Orphans } from "./orphans.ts";
import type { Observed, Runtime } from "./runtime.ts";
import type { Cleanup, RuntimeName, SpaceStore, SweepRow } from "./space-store.ts";
import type { StorageWatch } from "./storage-watch.ts";

export type ReconcilerDeps = {
  readonly store: SpaceStore;
  readonly driver: Driver;
  readonly orphans: Orphans;
  readonly storage: StorageWatch;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly now: () => number;
  readonly onError: (what: string, cause: unknown) => void;
  /** Pause between two sweeps, in milliseconds. */
  readonly every: number;
  /** How long an unknown container of ours is left alone, in milliseconds. */
  readonly grace: number;
  /** How many spaces are looked at at once. */
  readonly parallel: number;
  /** How long one space may hold its place, and one listing may take, in milliseconds. */
  readonly patience: number;
};

/** How a runtime did at the last sweep. */
export type Reachability = {
  readonly reachable: boolean;
  readonly error: string | null;
  readonly checked_at: number;
  /** When the first of the sweeps that it left unanswered was; null while it answers. */
  readonly silent_since: number | null;
};

/**
 * Joins the rows with what the engines list, at the start and every few seconds: goes on with what is half done, makes
 * rows truthful, and removes containers of ours that no row knows. A silent engine changes nothing.
 */
export class Reconciler implements AsyncDisposable {
  readonly #deps: ReconcilerDeps;
  readonly #reachability = new Map<string, Reachability>();
  /** When a container without a row was first seen, by its name. */
  readonly #strangers = new Map<string, number>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  /** Begins at once and goes on until it is disposed of. Does not wait for the first sweep. */
  start(): void {
    void this.sweep().finally(() => {
      if (this.#closing.signal.aborted) return;
      this.#timer = setTimeout(() => this.start(), this.#deps.every);
    });
  }

  /** One pass over everything; a second caller joins the one under way. Never rejects. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepAll().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /** By runtime: whether it answered the last sweep. Empty before the first. */
  reachability(): ReadonlyMap<string, Reachability> {
    return new Map(this.#reachability);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  async #sweepAll(): Promise<void> {
    await Promise.all(
      [...this.#deps.runtimes.values()].map(async (runtime) => {
        try {
          await this.#sweepOne(runtime);
        } catch (cause) {
          if (!this.#closing.signal.aborted) this.#deps.onError(`sweep of ${runtime.name}`, cause);
        }
      }),
    );
  }

  async #sweepOne(runtime: Runtime): Promise<void> {
    const { store, driver, orphans, storage, now } = this.#deps;
    // the engine first: a row is written before its container is made, so that whatever is listed has its row by then
    const wasAway = this.#reachability.get(runtime.name)?.reachable !== true;
    const listed = await this.#list(runtime);
    const rows = await store.sweep(runtime.name);
    const transient = rows.filter(({ state }) => isTransient(state));
    if (listed === null) return this.#each(transient, ({ id }) => driver.drive(id));
    const seen = new Map(listed.map((one) => [nameOf(one.space_id, one.generation), one]));
    const doubtful = rows.filter((row) => isDoubtful(row, seen.get(nameOf(row.id, row.generation))));
    const revive = wasAway || haveEndedTogether(rows, seen);
    await this.#each([...transient, ...doubtful], ({ id, state }) =>
      isTransient(state) ? driver.drive(id) : driver.verify(id, revive),
    );
    // once after each silence: whoever ran a command before it does not wait any more
    const alone = wasAway ? rows.filter((row) => seen.get(nameOf(row.id, row.generation))?.state === "running") : [];
    await this.#each(alone, (row, signal) => runtime.endStrays(targetOf(row), signal));
    await this.#each(this.#leftOver(runtime.name, listed, rows), (one) => driver.clean(one));
    const due = await store.cleanups({ runtime: runtime.name, due_at: now() });
    await this.#each([...new Set(due.map(({ space_id }) => space_id))], (id) => driver.tidy(id));
    await this.#limited("Looking for volumes without a row", (signal) => orphans.look(runtime, signal));
    await this.#limited("Removing what no container needs", (signal) => runtime.removeUnused(signal));
    // reads the size of every file: the next sweep does not wait for it
    const limit = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(120_000)]);
    void storage.look(runtime, limit).catch((cause) => {
      if (!this.#closing.signal.aborted) this.#deps.onError(`measuring volumes of ${runtime.name}`, cause);
    });
  }

  async #list(runtime: Runtime): Promise<readonly Observed[] | null> {
    const checked_at = this.#deps.now();
    try {
      const listed = await this.#limited("Listing containers", (signal) => runtime.list(signal));
      this.#reachability.set(runtime.name, { reachable: true, error: null, checked_at, silent_since: null });
      return listed;
    } catch (thrown) {
      const silent_since = this.#reachability.get(runtime.name)?.silent_since ?? checked_at;
      const error = problemOf(thrown).message;
      this.#reachability.set(runtime.name, { reachable: false, error, checked_at, silent_since });
      return null;
    }
  }

  #limited<Result>(what: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return within({ what, ms: this.#deps.patience, signal: this.#closing.signal }, work);
  }

  /** Containers of ours that belong to no space, or to one that has a newer one. Younger than the grace they are left alone. */
  #leftOver(runtime: RuntimeName, listed: readonly Observed[], rows: readonly SweepRow[]): Cleanup[] {
    const { now, grace } = this.#deps;
    const live = new Map(rows.map((row) => [row.id, row.generation]));
    const strange = listed.filter(({ space_id, generation }) => live.get(space_id) !== generation);
    const names = new Set(strange.map((one) => nameOf(one.space_id, one.generation)));
    for (const name of this.#strangers.keys()) if (!names.has(name)) this.#strangers.delete(name);
    return strange.flatMap(({ space_id, generation }) => {
      const name = nameOf(space_id, generation);
      const since = this.#strangers.get(name) ?? now();
      this.#strangers.set(name, since);
      const stale = (live.get(space_id) ?? Number.NEGATIVE_INFINITY) > generation;
      if (!stale && now() - since < grace) return [];
      const what = { id: name, kind: "container", runtime, space_id, user_id: "", generation } as const;
      return [{ ...what, volume: null, attempts: 0, next_at: 0 }];
    });
  }

  /** At most `parallel` at a time. One that hangs gives its place up after `patience` and goes on by itself. */
  async #each<Item>(items: readonly Item[], work: (item: Item, signal: AbortSignal) => Promise<void>): Promise<void> {
    const queue = [...items];
    const worker = async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        if (this.#closing.signal.aborted) return;
        await this.#limited("Looking after a space", (signal) => work(item as Item, signal)).catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: this.#deps.parallel }, worker));
  }
}

const nameOf = (space_id: string, generation: number): string => `kn-${space_id}-${generation}`;

/** Whether several spaces should run and all were ended from outside: the engine went, too quickly to be missed. */
function haveEndedTogether(rows: readonly SweepRow[], seen: ReadonlyMap<string, Observed>): boolean {
  const running = rows.filter(({ state }) => state === "running");
  const ended = running.map(({ id, generation }) => seen.get(nameOf(id, generation)));
  return running.length > 1 && ended.every((one) => one !== undefined && endedBySignal(one));
}

/** Whether the row and what the engine lists do not go together. */
function isDoubtful(row: SweepRow, seen: Observed | undefined): boolean {
  if (isTransient(row.state)) return false;
  const runs = seen?.state === "running" || seen?.state === "paused";
  const hasStopped = row.state === "failed" && row.desired === "stopped" && seen?.state === "exited";
  if (row.state !== "running") return runs || hasStopped;
  return !runs || (row.health !== null && row.health !== seen?.health);
}

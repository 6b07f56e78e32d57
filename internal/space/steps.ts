import type { Progress } from "../operation/call.ts";
import { Problem, problemOf } from "../problem/problem.ts";
import { launch, spaceEvent, stateEvent, targetOf } from "./change.ts";
import { byForce, endedBySignal, endOf } from "./end.ts";
import { Moved, within } from "./engine-call.ts";
import { limitsText } from "./limits-text.ts";
import type { Planner } from "./planner.ts";
import type { Observed, Runtime } from "./runtime.ts";
import type { Admission, Cleanup, RuntimeName, SpaceRow, SpaceStore, StateChange, Step } from "./space-store.ts";

/** How long each step may take, in milliseconds, before the space fails; `inspect` is one look at the engine. */
export type Deadlines = Readonly<Record<Step | "inspect", number>>;

export const deadlines: Deadlines = {
  pull: 600_000,
  create: 120_000,
  start: 60_000,
  stop: 45_000,
  delete: 60_000,
  inspect: 10_000,
};

export type StepsDeps = {
  readonly store: SpaceStore;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly planner: Planner;
  readonly now: () => number;
  readonly deadlines: Deadlines;
  /** Least time between two stored progress events, in milliseconds. */
  readonly progressEvery: number;
};

/** One passage of the driver over a space. */
export type Passage = {
  /** Aborted when the row has moved on or the daemon stops. */
  readonly signal: AbortSignal;
  /** Aborted when the daemon stops, and only then. */
  readonly closing: AbortSignal;
  readonly report: (progress: Progress) => void;
  /** The step that this passage has announced, and when it is over (performance.now). */
  begun: { step: Step; until: number } | null;
  /** The row as this passage knows it: loaded, or written by itself. */
  row: SpaceRow;
};

/** SIGTERM first; SIGKILL after this many seconds. */
const graceSeconds = 10;

/**
 * The next steps of a space, from what its row wants and what the engine shows. Each is announced in the row before the
 * engine is asked and can be repeated, so that the way after a crash is the same as the way without one.
 */
export class Steps {
  readonly #deps: StepsDeps;

  constructor(deps: StepsDeps) {
    this.#deps = deps;
  }

  /** Brings a transient space to the state it is on the way to. Throws Moved when the row has changed meanwhile. */
  async advance(row: SpaceRow, passage: Passage): Promise<void> {
    if (row.state === "stopping") return this.#down(row, passage);
    if (row.state === "deleting") return this.#delete(row, passage);
    return this.#up(row, passage);
  }

  /**
   * Compares a settled space with the engine and makes its row truthful. Resolves to whether to look again soon.
   * With `revive` a container that the engine's own end took along is started again.
   */
  async verify(row: SpaceRow, passage: Passage, revive = false): Promise<boolean> {
    const seen = await this.#inspect(row, passage);
    if (row.state !== "running") {
      if (seen?.state === "running" || seen?.state === "paused") await this.#stop(row, passage);
      // a stop that had failed, as when the engine was away, has come true
      if (row.state === "failed" && row.desired === "stopped" && seen !== null && seen.state !== "created") {
        await this.#commit(
          row,
          passage,
          { ...settled, state: "stopped", state_reason: "Stopped" },
          "Stopped after all",
        );
      }
      return false;
    }
    if (revive && seen !== null && endedBySignal(seen)) {
      await this.#relaunch(row, passage, "The engine had stopped it; starting again");
      return true;
    }
    if (seen === null || seen.state === "exited" || seen.state === "created") {
      await this.fail(passage, endOf(seen, row));
      return false;
    }
    if (!row.checks_health || seen.health === row.health) return row.health === "starting";
    const reason = seen.health === "unhealthy" ? "Running, but its health check fails" : "Running";
    const message = {
      healthy: "Healthy",
      unhealthy: "Unhealthy: the health check fails",
      starting: "Health check starts",
    };
    const change = { health: seen.health, state_reason: reason };
    await this.#commit(
      row,
      passage,
      change,
      seen.health === null ? "Nothing is known of its health" : message[seen.health],
    );
    return seen.health === "starting";
  }

  /** Gives a space whose deadline has passed unseen, as after a restart of the daemon, a new one. */
  async resume(row: SpaceRow, passage: Passage): Promise<SpaceRow> {
    const { now, deadlines: limits } = this.#deps;
    if (row.deadline_at !== null && row.deadline_at > now()) return row;
    return this.#commit(row, passage, { deadline_at: now() + limits.start }, `Going on: ${row.state}`);
  }

  /** Puts the space of a passage into `failed`, with the reason and what to do next. */
  async fail(passage: Passage, reason: string): Promise<void> {
    const { row } = passage;
    const next = row.state === "deleting" ? `Delete it again, or ${byForce}.` : "";
    const state_reason = [reason, next].filter((part) => part !== "").join(" ");
    const change = { state: "failed", state_reason, step: null, deadline_at: null, health: null } as const;
    await this.#commit(row, passage, change, `Failed: ${state_reason}`);
  }

  /** Does the cleanups of a space that are due, whether or not it still exists. */
  async tidy(space_id: string, signal: AbortSignal): Promise<void> {
    const left = await this.#deps.store.cleanups({ space_id });
    for (const cleanup of left.filter(({ next_at }) => next_at <= this.#deps.now())) await this.clean(cleanup, signal);
  }

  /** Asks the engine to remove what a cleanup names; a failure is put off, not thrown. */
  async clean(cleanup: Cleanup, signal: AbortSignal): Promise<void> {
    const { store, now } = this.#deps;
    try {
      await this.#remove(cleanup, signal);
      await store.cleaned(cleanup.id);
    } catch (thrown) {
      if (thrown instanceof Moved) return;
      const wait = Math.min(15_000 * 2 ** cleanup.attempts, 600_000);
      await store.cleanupFailed(cleanup.id, problemOf(thrown).message, now() + wait);
    }
  }

  async #up(before: SpaceRow, passage: Passage): Promise<void> {
    await this.#cleanFirst(before, passage);
    let row = before;
    const seen = await this.#inspect(row, passage);
    if (seen === null) row = await this.#make(row, passage);
    if (row.desired === "stopped") {
      return void (await this.#commit(
        row,
        passage,
        { ...settled, state: "stopped", state_reason: "Created, not started" },
        "Stopped",
      ));
    }
    if (seen?.state !== "running") {
      row = await this.#begin(row, passage, "start", "Starting", { state: "starting" });
      await this.#ask(row, passage, "start", (runtime, signal) => runtime.start(targetOf(row), signal));
    }
    const after = await this.#inspect(row, passage);
    if (after?.state !== "running") throw new Problem("runtime_failed", endOf(after, row));
    const health = row.checks_health ? after.health : null;
    const change = {
      ...settled,
      state: "running",
      state_reason: "Running",
      health,
      started_at: this.#deps.now(),
    } as const;
    const { enforcement } = this.#runtime(row.runtime);
    const limits = enforcement === null ? "enforced" : limitsText(enforcement);
    await this.#commit(row, passage, change, limits === "enforced" ? "Started" : `Started; ${limits}`);
  }

  async #make(before: SpaceRow, passage: Passage): Promise<SpaceRow> {
    let row = await this.#begin(before, passage, "pull", pulling(before));
    const spec = await this.#deps.planner.spec(row);
    const progress = this.#progressOf(row, passage);
    await this.#ask(row, passage, "pull", (runtime, signal) => runtime.pull(spec.image, signal, progress.report));
    await progress.written();
    row = await this.#begin(row, passage, "create", stepWords(row, "create"));
    await this.#ask(row, passage, "create", (runtime, signal) => runtime.create(targetOf(row), spec, signal));
    return row;
  }

  async #down(before: SpaceRow, passage: Passage): Promise<void> {
    const row = await this.#begin(before, passage, "stop", "Stopping");
    await this.#stop(row, passage);
    if (row.desired !== "running") {
      return void (await this.#commit(
        row,
        passage,
        { ...settled, state: "stopped", state_reason: "Stopped" },
        "Stopped",
      ));
    }
    await this.#relaunch(row, passage, "Stopped; starting again");
  }

  async #relaunch(row: SpaceRow, passage: Passage, message: string): Promise<void> {
    const plan = await this.#deps.planner.plan(row);
    const admit = await this.#deps.planner.admission(row.user_id, plan, true);
    const deadline_at = this.#deps.now() + this.#deps.deadlines.start;
    await this.#commit(row, passage, { ...launch(row, plan), deadline_at }, message, admit);
  }

  async #delete(before: SpaceRow, passage: Passage): Promise<void> {
    const { store } = this.#deps;
    const row = await this.#begin(before, passage, "delete", "Deleting");
    await this.#ask(row, passage, "delete", (runtime, signal) => runtime.remove(targetOf(row), signal));
    await this.#cleanFirst(row, passage);
    if (!row.keep_volumes) {
      for (const { volume } of await store.volumesOf(row.id)) {
        await this.#ask(row, passage, "delete", (runtime, signal) => runtime.removeVolume(volume, signal));
      }
    }
    const deleted = await store.drop(row, spaceEvent(row, "space.deleted", "Deleted", { state: "deleted" }));
    if (!deleted) throw new Moved();
  }

  async #stop(row: SpaceRow, passage: Passage): Promise<void> {
    if ((await this.#inspect(row, passage)) === null) return;
    await this.#ask(row, passage, "stop", (runtime, signal) => runtime.stop(targetOf(row), graceSeconds, signal));
  }

  /** What is left of an older generation has to be gone before the next one uses the same volumes. */
  async #cleanFirst(row: SpaceRow, passage: Passage): Promise<void> {
    for (const cleanup of await this.#deps.store.cleanups({ space_id: row.id })) {
      // removing a volume is not given up half way: given up, it might reach the new volume of the same name
      await this.#remove(cleanup, cleanup.volume === null ? passage.signal : passage.closing);
      await this.#deps.store.cleaned(cleanup.id);
    }
  }

  async #remove(cleanup: Cleanup, signal: AbortSignal): Promise<void> {
    const runtime = this.#runtime(cleanup.runtime);
    await within({ what: "Removing what is left", ms: this.#deps.deadlines.delete, signal }, (limited) =>
      cleanup.volume === null
        ? runtime.remove(targetOf({ ...cleanup, id: cleanup.space_id }), limited)
        : runtime.removeVolume(cleanup.volume, limited),
    );
  }

  /** Commits the intent before the engine is asked. A retry in the same passage keeps its deadline. */
  async #begin(
    row: SpaceRow,
    passage: Passage,
    step: Step,
    reason: string,
    more: Partial<StateChange> = {},
  ): Promise<SpaceRow> {
    if (passage.begun?.step === step) return row;
    const ms = this.#deps.deadlines[step];
    const change = { ...more, step, state_reason: reason, deadline_at: this.#deps.now() + ms };
    const next = await this.#commit(row, passage, change, reason);
    passage.begun = { step, until: performance.now() + ms };
    passage.report({ message: reason });
    return next;
  }

  async #commit(
    row: SpaceRow,
    passage: Passage,
    change: Omit<StateChange, "updated_at">,
    message: string,
    admit?: Admission,
  ): Promise<SpaceRow> {
    const full = { ...change, updated_at: this.#deps.now() };
    const next = await this.#deps.store.commit(row, full, stateEvent(row, change, message), admit);
    if (next === null) throw new Moved();
    passage.row = next;
    return next;
  }

  async #inspect(row: SpaceRow, passage: Passage): Promise<Observed | null> {
    const runtime = this.#runtime(row.runtime);
    const limit = { what: "Looking at the container", ms: this.#deps.deadlines.inspect, signal: passage.signal };
    try {
      return await within(limit, (signal) => runtime.inspect(targetOf(row), signal));
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.code !== "timed_out") throw thrown;
      throw new Problem("runtime_unavailable", `The runtime "${row.runtime}" does not answer.`, { cause: thrown });
    }
  }

  async #ask(
    row: SpaceRow,
    passage: Passage,
    step: Step,
    work: (runtime: Runtime, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const runtime = this.#runtime(row.runtime);
    const left = passage.begun?.step === step ? passage.begun.until - performance.now() : this.#deps.deadlines[step];
    await within({ what: stepWords(row, step), ms: Math.max(left, 1), signal: passage.signal }, (signal) =>
      work(runtime, signal),
    );
  }

  #runtime(name: RuntimeName): Runtime {
    const runtime = this.#deps.runtimes.get(name);
    if (runtime !== undefined) return runtime;
    throw new Problem(
      "runtime_unavailable",
      `The runtime "${name}" is not set up on this server. Ask an administrator to turn it on in knot.toml.`,
    );
  }

  /** Stores how far a pull is, not more often than `progressEvery`. */
  #progressOf(row: SpaceRow, passage: Passage) {
    const { store, progressEvery } = this.#deps;
    let last = Number.NEGATIVE_INFINITY;
    let writing: Promise<unknown> = Promise.resolve();
    const report = (progress: Progress) => {
      passage.report(progress);
      if (performance.now() - last < progressEvery) return;
      last = performance.now();
      const percent = progress.percent === undefined ? "" : `: ${Math.round(progress.percent)} %`;
      const message = `${pulling(row)}${percent}`;
      const event = spaceEvent(row, "space.progress", message, { ...progress });
      writing = writing.then(() => store.progress(row, message, event)).catch(() => {});
    };
    return { report, written: () => writing };
  }
}

/** The image "host" is the machine's own programs: nothing is pulled. */
const pulling = ({ image }: SpaceRow): string =>
  image === "host" ? "Looking at the programs of this machine" : `Pulling image ${image}`;

const settled = { step: null, deadline_at: null } as const;

const verbs = { pull: "Pulling", create: "Creating", start: "Starting", stop: "Stopping", delete: "Deleting" } as const;

function stepWords({ runtime }: SpaceRow, step: Step): string {
  const thing = step === "pull" ? "image" : runtime === "process" ? "space" : "container";
  return `${verbs[step]} the ${thing}`;
}

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Problem } from "../problem/problem.ts";
import type { ExecRequest, Exit, Observed, Runtime, SpaceSpec, Target } from "../space/runtime.ts";

type Container = { observed: Observed; spec: SpaceSpec };

/** What an engine holds; it outlives the daemon that talks to it. */
export type EngineState = { containers: Record<string, Container>; volumes: Record<string, string>; images: string[] };

/**
 * What goes wrong at a call: `fail` says no, `unavailable` does not answer, `hang` never answers and does nothing,
 * `lose` does it and loses the reply.
 */
export type Trouble = "fail" | "unavailable" | "hang" | "lose";

type Method =
  | "check"
  | "pull"
  | "create"
  | "start"
  | "stop"
  | "remove"
  | "inspect"
  | "list"
  | "listVolumes"
  | "removeVolume"
  | "removeUnused"
  | "endStrays"
  | "volumeSizes";

const nameOf = ({ space_id, generation }: Target | Observed): string => `kn-${space_id}-${generation}`;

/** An engine in memory, or in a file where a process has to die and another to look at what it left. */
export class FakeEngine {
  readonly #path: string | undefined;
  #state: EngineState = { containers: {}, volumes: {}, images: [] };

  constructor(path?: string) {
    this.#path = path;
  }

  get state(): EngineState {
    if (this.#path !== undefined && existsSync(this.#path)) this.#state = JSON.parse(readFileSync(this.#path, "utf8"));
    return this.#state;
  }

  change(work: (state: EngineState) => void): void {
    const state = this.state;
    work(state);
    if (this.#path === undefined) return;
    writeFileSync(`${this.#path}.new`, JSON.stringify(state));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** A runtime without containers: keeps the promises of the port, and breaks them on demand. */
export class FakeRuntime implements Runtime {
  readonly name: Runtime["name"];
  readonly isolation = "container";
  enforcement: Runtime["enforcement"] = { memory: "space", cpus: "space", pids: "space" };
  readonly engine: FakeEngine;
  /** Every call in order, as "create kn-<space>-<generation>". */
  readonly calls: string[] = [];
  /** Exit code of the main process right after a start; null keeps running. */
  exitsWith: number | null = null;
  health: Observed["health"] = null;
  /** What volumes hold, by the engine's names of them. */
  readonly sizes = new Map<string, number>();
  readonly #troubles: { method: Method; trouble: Trouble; times: number; of: string }[] = [];

  constructor(engine = new FakeEngine(), name: Runtime["name"] = "docker") {
    this.engine = engine;
    this.name = name;
  }

  /** The next `times` calls of `method` go wrong; `of` limits it to containers whose name has that part. */
  trouble(method: Method, trouble: Trouble, times = 1, of = ""): void {
    this.#troubles.push({ method, trouble, times, of });
  }

  /** Nothing goes wrong from now on. */
  heal(): void {
    this.#troubles.length = 0;
  }

  async check(signal: AbortSignal): Promise<{ engine: string; version: string }> {
    return this.#call("check", "", signal, () => ({ engine: "fake", version: "1" }));
  }

  async pull(image: string, signal: AbortSignal, report: Parameters<Runtime["pull"]>[2]): Promise<void> {
    await this.#call("pull", image, signal, () => {
      report({ message: "Pulling", percent: 40 });
      this.engine.change(({ images }) => void (images.includes(image) || images.push(image)));
    });
  }

  async create(target: Target, spec: SpaceSpec, signal: AbortSignal): Promise<void> {
    await this.#call("create", nameOf(target), signal, () =>
      this.engine.change(({ containers, volumes }) => {
        if (containers[nameOf(target)] !== undefined) return;
        for (const { volume } of spec.volumes) volumes[volume] ??= target.space_id;
        containers[nameOf(target)] = { spec, observed: observedOf(target) };
      }),
    );
  }

  async start(target: Target, signal: AbortSignal): Promise<void> {
    await this.#call("start", nameOf(target), signal, () => {
      const ends = this.exitsWith !== null;
      this.#set(target, {
        state: ends ? "exited" : "running",
        exit_code: this.exitsWith,
        health: ends ? null : this.health,
        started_at: Date.now(),
      });
    });
  }

  async stop(target: Target, _grace: number, signal: AbortSignal): Promise<void> {
    await this.#call("stop", nameOf(target), signal, () => {
      const running = this.engine.state.containers[nameOf(target)]?.observed.state === "running";
      if (running) this.#set(target, { state: "exited", exit_code: 143, health: null });
    });
  }

  async remove(target: Target, signal: AbortSignal): Promise<void> {
    await this.#call("remove", nameOf(target), signal, () =>
      this.engine.change(({ containers }) => void delete containers[nameOf(target)]),
    );
  }

  async inspect(target: Target, signal: AbortSignal): Promise<Observed | null> {
    return this.#call(
      "inspect",
      nameOf(target),
      signal,
      () => this.engine.state.containers[nameOf(target)]?.observed ?? null,
    );
  }

  async list(signal: AbortSignal): Promise<readonly Observed[]> {
    return this.#call("list", "", signal, () =>
      Object.values(this.engine.state.containers).map(({ observed }) => observed),
    );
  }

  async removeUnused(signal: AbortSignal): Promise<void> {
    await this.#call("removeUnused", "", signal, () => {});
  }

  async listVolumes(signal: AbortSignal): Promise<readonly { volume: string; space_id: string }[]> {
    const found = () => Object.entries(this.engine.state.volumes).map(([volume, space_id]) => ({ volume, space_id }));
    return this.#call("listVolumes", "", signal, found);
  }

  async volumeSizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    return this.#call("volumeSizes", "", signal, () => this.sizes);
  }

  async removeVolume(volume: string, signal: AbortSignal): Promise<void> {
    await this.#call("removeVolume", volume, signal, () =>
      this.engine.change(({ containers, volumes }) => {
        const users = Object.values(containers).filter(({ spec }) => spec.volumes.some((one) => one.volume === volume));
        if (users.length > 0) throw new Problem("runtime_failed", `Volume ${volume} is in use.`);
        delete volumes[volume];
      }),
    );
  }

  async endStrays(target: Target, signal: AbortSignal): Promise<void> {
    await this.#call("endStrays", nameOf(target), signal, () => {});
  }

  async exec(target: Target, { stdout }: ExecRequest, signal: AbortSignal): Promise<Exit> {
    if (signal.aborted) return { exit_code: null, signal: "SIGKILL" };
    stdout.end(`ran in ${nameOf(target)}\n`);
    return { exit_code: 0, signal: null };
  }

  async logs(target: Target): Promise<string> {
    return `log of ${nameOf(target)}\n`;
  }

  /** Changes what the engine shows of a container, as when its process ends by itself. */
  set(target: Target, change: Partial<Observed>): void {
    this.#set(target, change);
  }

  #set(target: Target, change: Partial<Observed>): void {
    this.engine.change(({ containers }) => {
      const container = containers[nameOf(target)];
      if (container === undefined) throw new Problem("runtime_failed", `There is no container ${nameOf(target)}.`);
      container.observed = { ...container.observed, ...change };
    });
  }

  async #call<Result>(method: Method, what: string, signal: AbortSignal, work: () => Result): Promise<Result> {
    this.calls.push(`${method} ${what}`.trim());
    const trouble = this.#next(method, what);
    await new Promise(setImmediate);
    signal.throwIfAborted();
    if (trouble === "fail") throw new Problem("runtime_failed", `The engine refused to ${method}.`);
    if (trouble === "unavailable") throw new Problem("runtime_unavailable", "The engine does not answer.");
    if (trouble === "hang") return new Promise<never>(() => {});
    const result = work();
    if (trouble === "lose") throw new Problem("runtime_unavailable", "The connection broke before the reply came.");
    return result;
  }

  #next(method: Method, what: string): Trouble | null {
    const found = this.#troubles.find((one) => one.method === method && one.times > 0 && what.includes(one.of));
    if (found === undefined) return null;
    found.times--;
    return found.trouble;
  }
}

const observedOf = ({ space_id, generation }: Target): Observed => ({
  space_id,
  generation,
  state: "created",
  exit_code: null,
  oom_killed: false,
  health: null,
  created_at: Date.now(),
  started_at: null,
});

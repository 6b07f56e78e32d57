import { problemOf } from "../problem/problem.ts";
import type { RuntimeState, Server } from "./schema.ts";

/** What the state of a runtime is read from; every Runtime fits. */
export interface Checkable {
  readonly name: string;
  readonly isolation: string;
  check(signal: AbortSignal): Promise<{ readonly engine: string; readonly version: string }>;
}

/** Whether the daemon can do its work: one line for each thing it needs. */
export type Readiness = {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
};

export type ServersDeps = {
  readonly version: string;
  readonly url: string;
  readonly store: { readonly kind: Server["store"]; ping(): Promise<void> };
  readonly runtimes: readonly Checkable[];
  /** Names of the runtimes without which the daemon is not ready. */
  readonly required: ReadonlySet<string>;
  readonly mcp: Server["mcp"];
  /** False once the daemon has been told to stop, so that a load balancer looks elsewhere. */
  readonly accepting: () => boolean;
};

/** How the daemon itself is doing. */
export class Servers {
  readonly #deps: ServersDeps;
  readonly #started_at = Date.now();

  constructor(deps: ServersDeps) {
    this.#deps = deps;
  }

  async get(signal: AbortSignal): Promise<Server> {
    const { version, url, store, mcp } = this.#deps;
    const runtimes = await this.#runtimes(signal);
    const ready = (await this.#readinessOf(runtimes)).ready;
    return { version, url, started_at: this.#started_at, store: store.kind, ready, runtimes: [...runtimes], mcp };
  }

  /** For /readyz: false when the store or a runtime that is configured is lost, or when the daemon is stopping. */
  async readiness(): Promise<Readiness> {
    return this.#readinessOf(await this.#runtimes(AbortSignal.timeout(3000)));
  }

  async #readinessOf(runtimes: readonly RuntimeState[]): Promise<Readiness> {
    const checks: Record<string, { ok: boolean; detail?: string }> = { store: await this.#storeState() };
    for (const { name, reachable, error } of runtimes) {
      if (!this.#deps.required.has(name)) continue;
      checks[name] = reachable ? { ok: true } : { ok: false, detail: error ?? "does not answer" };
    }
    if (!this.#deps.accepting()) checks["daemon"] = { ok: false, detail: "is stopping" };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }

  async #storeState(): Promise<{ ok: boolean; detail?: string }> {
    try {
      await this.#deps.store.ping();
      return { ok: true };
    } catch {
      return { ok: false, detail: "the database does not answer" };
    }
  }

  #runtimes(signal: AbortSignal): Promise<readonly RuntimeState[]> {
    return Promise.all(
      this.#deps.runtimes.map(async (runtime) => {
        const known = { name: runtime.name, isolation: runtime.isolation };
        try {
          const { engine, version } = await runtime.check(signal);
          return { ...known, reachable: true, engine: `${engine} ${version}`, error: null };
        } catch (thrown) {
          return { ...known, reachable: false, engine: null, error: problemOf(thrown).message };
        }
      }),
    );
  }
}

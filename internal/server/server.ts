import { Problem, problemOf } from "../problem/problem.ts";
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
  readonly checks: Readonly<Record<string, Check>>;
};

type Check = { readonly ok: boolean; readonly detail?: string };

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
  /** How long an answer is waited for, in milliseconds; 2500 when left out. */
  readonly patience?: number;
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
    const [runtimes, stored] = await Promise.all([this.#runtimes(signal), this.#storeState()]);
    const { ready } = this.#readinessOf(runtimes, stored);
    return { version, url, started_at: this.#started_at, store: store.kind, ready, runtimes: [...runtimes], mcp };
  }

  /** For /readyz: false when the store or a runtime that is configured is lost, or when the daemon is stopping. */
  async readiness(): Promise<Readiness> {
    const [runtimes, stored] = await Promise.all([this.#runtimes(new AbortController().signal), this.#storeState()]);
    return this.#readinessOf(runtimes, stored);
  }

  #readinessOf(runtimes: readonly RuntimeState[], stored: Check): Readiness {
    const checks: Record<string, Check> = { store: stored };
    for (const { name, reachable, error } of runtimes) {
      if (!this.#deps.required.has(name)) continue;
      checks[name] = reachable ? { ok: true } : { ok: false, detail: error ?? "does not answer" };
    }
    if (!this.#deps.accepting()) checks["daemon"] = { ok: false, detail: "is stopping" };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }

  async #storeState(): Promise<Check> {
    try {
      await this.#inTime("The database", () => this.#deps.store.ping());
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
          const { engine, version } = await this.#inTime(`The runtime "${runtime.name}"`, (limit) =>
            runtime.check(AbortSignal.any([signal, limit])),
          );
          return { ...known, reachable: true, engine: `${engine} ${version}`, error: null };
        } catch (thrown) {
          return { ...known, reachable: false, engine: null, error: problemOf(thrown).message };
        }
      }),
    );
  }

  /** Ends the wait also for what does not heed its signal: a probe of readiness must not hang with what it asks. */
  async #inTime<Result>(what: string, ask: (limit: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Problem("runtime_unavailable", `${what} did not answer in time.`));
      controller.abort();
    }, this.#deps.patience ?? 2500);
    try {
      return await Promise.race([ask(controller.signal), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

import { Driver } from "./driver.ts";
import { Orphans } from "./orphans.ts";
import { Planner } from "./planner.ts";
import type { Owners, Quotas, Sealer, SpaceTemplates } from "./ports.ts";
import { Reconciler } from "./reconciler.ts";
import type { Runtime } from "./runtime.ts";
import { Spaces } from "./space.ts";
import type { SpaceStore } from "./space-store.ts";
import { type Deadlines, deadlines, Steps } from "./steps.ts";
import { StorageWatch } from "./storage-watch.ts";

export type SpacesNeeds = {
  readonly store: SpaceStore;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly templates: SpaceTemplates;
  readonly quotas: Quotas;
  readonly owners: Owners;
  readonly vault: Sealer;
  /** Told of unexpected errors in the background; they belong in the log. */
  readonly onError: (what: string, cause: unknown) => void;
  /** Told what an administrator should know of; it belongs in the log. */
  readonly onNotice?: (text: string) => void;
  readonly now?: () => number;
  /** For tests; the defaults are what knot promises. */
  readonly timing?: {
    readonly deadlines?: Partial<Deadlines>;
    readonly every?: number;
    readonly grace?: number;
    readonly pollEvery?: number;
    readonly progressEvery?: number;
    readonly patience?: number;
  };
};

/** The spaces with all that keeps them going. Nothing moves by itself before `reconciler.start()`. */
export type OpenSpaces = AsyncDisposable & {
  readonly spaces: Spaces;
  /** Volumes of ours that no row knows. */
  readonly orphans: Orphans;
  readonly reconciler: Reconciler;
};

export function openSpaces(needs: SpacesNeeds): OpenSpaces {
  const { store, runtimes, templates, quotas, owners, vault, onError, now = Date.now, timing = {} } = needs;
  const limits = { ...deadlines, ...timing.deadlines };
  const planner = new Planner({ templates, quotas, owners, vault });
  const progressEvery = timing.progressEvery ?? 1000;
  const steps = new Steps({ store, runtimes, planner, now, deadlines: limits, progressEvery });
  const pollEvery = timing.pollEvery ?? 500;
  const driver = new Driver({ store, steps, pollEvery, patience: limits.start, onError });
  const silentSince = (name: string) => reconciler.reachability().get(name)?.silent_since ?? null;
  const spaces = new Spaces({
    store,
    driver,
    planner,
    templates,
    runtimes,
    vault,
    now,
    deadlines: limits,
    silentSince,
  });
  const { every = 15_000, grace = 60_000, patience = 15_000 } = timing;
  const orphans = new Orphans({ store, now, grace, onNotice: needs.onNotice ?? (() => {}) });
  const storage = new StorageWatch({ store, now, every: 900_000 });
  const reconciler = new Reconciler({
    ...{ store, driver, orphans, storage, runtimes, now, onError, every, grace, parallel: 8, patience },
  });
  return {
    spaces,
    orphans,
    reconciler,
    async [Symbol.asyncDispose]() {
      await reconciler[Symbol.asyncDispose]();
      await driver[Symbol.asyncDispose]();
    },
  };
}

import type { Runtime } from "./runtime.ts";
import type { RuntimeName, SpaceStore } from "./space-store.ts";

/** A volume of this installation that the database does not know, as after an older backup of it was restored. */
export type OrphanedVolume = {
  /** The engine's name of it. */
  readonly id: string;
  readonly runtime: RuntimeName;
  /** The space it was made for. */
  readonly space_id: string;
};

export type OrphansDeps = {
  readonly store: Pick<SpaceStore, "knownVolumes">;
  readonly now: () => number;
  /** How long an unknown volume is left unmentioned, in milliseconds. */
  readonly grace: number;
  /** Told once of each volume; it belongs in the log. */
  readonly onNotice: (text: string) => void;
};

/** Watches for volumes that no row knows. They may hold somebody's work: knot shows them and never removes one. */
export class Orphans {
  readonly #deps: OrphansDeps;
  readonly #since = new Map<string, number>();
  readonly #told = new Set<string>();
  readonly #found = new Map<RuntimeName, readonly OrphanedVolume[]>();

  constructor(deps: OrphansDeps) {
    this.#deps = deps;
  }

  /** What the newest looks have found. */
  list(): readonly OrphanedVolume[] {
    return [...this.#found.values()].flat();
  }

  async look(runtime: Pick<Runtime, "name" | "listVolumes">, signal: AbortSignal): Promise<void> {
    const { store, now, grace } = this.#deps;
    // the engine first: a volume has its row before it is made
    const listed = await runtime.listVolumes(signal);
    const known = new Set(await store.knownVolumes(runtime.name));
    const strange = listed.filter(({ volume }) => !known.has(volume));
    const keys = new Set(strange.map(({ volume }) => `${runtime.name}/${volume}`));
    for (const key of this.#since.keys()) {
      if (key.startsWith(`${runtime.name}/`) && !keys.has(key)) this.#since.delete(key);
    }
    const orphaned = strange.filter(({ volume }) => {
      const key = `${runtime.name}/${volume}`;
      const since = this.#since.get(key) ?? now();
      this.#since.set(key, since);
      return now() - since >= grace;
    });
    this.#found.set(
      runtime.name,
      orphaned.map(({ volume, space_id }) => ({ id: volume, runtime: runtime.name, space_id })),
    );
    for (const { volume } of orphaned) this.#tell(runtime.name, volume);
  }

  #tell(runtime: RuntimeName, volume: string): void {
    if (this.#told.has(`${runtime}/${volume}`)) return;
    this.#told.add(`${runtime}/${volume}`);
    this.#deps.onNotice(
      `The volume ${volume} of the runtime "${runtime}" is this installation's, but the database does not know it. ` +
        "It is left alone: look whether an older database was restored, and remove it with the engine's own means.",
    );
  }
}

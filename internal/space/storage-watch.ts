import { sizeText } from "../operation/size.ts";
import { spaceEvent } from "./change.ts";
import type { Runtime } from "./runtime.ts";
import type { Reservation, SpaceStore } from "./space-store.ts";

export type StorageWatchDeps = {
  readonly store: Pick<SpaceStore, "reservations" | "find" | "note">;
  readonly now: () => number;
  /** Least time between two measurements of a runtime, in milliseconds: they read every file's size. */
  readonly every: number;
};

/**
 * Watches what volumes hold against what they reserve. Engines give volumes no limit, and stopping somebody's work would
 * be worse than a full reservation: the timeline says it, to the owner and to whoever listens to events.
 */
export class StorageWatch {
  readonly #deps: StorageWatchDeps;
  readonly #last = new Map<string, number>();
  /** Spaces whose timeline says already that they are over. */
  readonly #over = new Set<string>();

  constructor(deps: StorageWatchDeps) {
    this.#deps = deps;
  }

  /** Measures when it is time to. */
  async look(runtime: Pick<Runtime, "name" | "volumeSizes">, signal: AbortSignal): Promise<void> {
    const { store, now, every } = this.#deps;
    if (now() - (this.#last.get(runtime.name) ?? Number.NEGATIVE_INFINITY) < every) return;
    this.#last.set(runtime.name, now());
    const sizes = await runtime.volumeSizes(signal);
    for (const reservation of await store.reservations(runtime.name)) {
      const used = reservation.volumes.reduce((sum, volume) => sum + (sizes.get(volume) ?? 0), 0);
      await this.#compare(reservation, used);
    }
  }

  async #compare(space: Reservation, used: number): Promise<void> {
    const isOver = used > space.storage_bytes;
    if (isOver === this.#over.has(space.id)) return;
    const [uses, reserved] = [sizeText(used), sizeText(space.storage_bytes)];
    const message = isOver
      ? `Its volumes hold ${uses}, more than the ${reserved} they reserve: free some, or raise size in the template`
      : `Its volumes hold ${uses}, within the ${reserved} they reserve again`;
    const row = await this.#deps.store.find(space.id);
    if (row === null) return;
    const data = { used_bytes: used, storage_bytes: space.storage_bytes };
    await this.#deps.store.note(spaceEvent(row, "space.storage", message, data));
    if (isOver) this.#over.add(space.id);
    else this.#over.delete(space.id);
  }
}

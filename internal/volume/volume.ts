import type { Call } from "../operation/call.ts";
import { type PageRequest, pageOf } from "../operation/page.ts";
import { may } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import type { OrphanedVolume, Volume } from "./schema.ts";
import type { VolumeRow, VolumeStore } from "./volume-store.ts";

export type VolumesDeps = {
  readonly store: VolumeStore;
  /** Hears of a space whose leftovers are to be removed in the engine; Spaces.tidy fits. */
  readonly tidy: (space_id: string) => void;
  /** Volumes in the engines that no row knows; Orphans.list fits. */
  readonly orphaned: () => readonly OrphanedVolume[];
  readonly now: () => number;
};

/** The rules of volumes: data that outlives containers, and spaces when asked to. */
export class Volumes {
  readonly #deps: VolumesDeps;

  constructor(deps: VolumesDeps) {
    this.#deps = deps;
  }

  async list({ principal }: Call, input: PageRequest & { space?: string | undefined; all: boolean }) {
    const viewer = { user_id: principal.user_id, all: input.all && may(principal, "spaces.manage") };
    const page = await this.#deps.store.list({ viewer, space: input.space }, input);
    const whole = viewer.all && input.space === undefined && input.cursor === undefined;
    const orphaned = whole ? [...this.#deps.orphaned()] : [];
    return { ...pageOf("volumes", { ...page, items: page.items.map(viewOf) }), orphaned };
  }

  /** Deletes a volume whose space is gone or stopped; the data is lost. */
  async delete(call: Call, { volume, confirm }: { readonly volume: string; readonly confirm: boolean }) {
    const { store, tidy, now } = this.#deps;
    const row = await store.find(volume);
    const visible = row !== null && (row.user_id === call.principal.user_id || may(call.principal, "spaces.manage"));
    if (!visible) throw notFound(volume);
    const used = row.attached && row.space_state !== null;
    if (used && row.space_state !== "stopped" && row.space_state !== "failed") throw inUse(row);
    if (!confirm) {
      const more = used
        ? ` Space "${row.space_name}" gets a new, empty one and a new container at its next start.`
        : "";
      throw new Problem(
        "confirmation_required",
        `This deletes volume "${row.name}" (${row.path}) of space "${row.space_name}" with all files in it.${more} It cannot be undone. Repeat with confirm set to true.`,
      );
    }
    const event = {
      ...{ type: "volume.deleted", subject_kind: "volume", subject_id: row.id, user_id: row.user_id },
      ...{ message: `Volume "${row.name}" of space "${row.space_name}" deleted`, data: { space_id: row.space_id } },
    };
    const result = await store.delete(row.id, event, now());
    if (result === null) throw notFound(volume);
    if (result === "busy") throw inUse(row);
    tidy(row.space_id);
    return { deleted: true };
  }
}

const viewOf = (row: VolumeRow): Volume => ({
  ...{ id: row.id, name: row.name, path: row.path, attached: row.attached },
  space: { id: row.space_id, name: row.space_name, state: row.space_state },
  owner: { user_id: row.user_id, username: row.username },
  ...{ reserved_bytes: row.reserved_bytes, created_at: row.created_at },
});

const notFound = (ref: string) =>
  new Problem("not_found", `There is no volume "${ref}" of yours. list_volumes shows those there are.`);

const inUse = (row: VolumeRow) =>
  new Problem(
    "conflict",
    `Volume "${row.name}" is used by space "${row.space_name}", which is not stopped. Stop it with stop_space first.`,
  );

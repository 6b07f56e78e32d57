import type { Call } from "../operation/call.ts";
import { may } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import type { SpaceRow, SpaceStore } from "./space-store.ts";

/** Finds spaces for callers: one's own, those shared with one's groups, or everybody's with spaces.manage. */
export class SpaceFinder {
  readonly #store: Pick<SpaceStore, "find" | "named">;

  constructor(store: Pick<SpaceStore, "find" | "named">) {
    this.#store = store;
  }

  /** By id, name, or "username/name". Somebody else's is `not_found` in the same words as none at all. */
  async find(call: Call, ref: string): Promise<SpaceRow> {
    const slash = ref.indexOf("/");
    const rows =
      slash > 0 ? await this.#store.named(ref.slice(slash + 1), ref.slice(0, slash)) : await this.#byRef(ref);
    const visible = rows.filter((row) => canUse(call, row));
    const own = visible.find(({ user_id }) => user_id === call.principal.user_id);
    if (own !== undefined) return own;
    if (visible.length > 1) {
      const names = visible.map((row) => `"${row.username}/${row.name}"`).join(", ");
      throw new Problem("conflict", `Several spaces are named "${ref}": ${names}. Name the owner as well.`);
    }
    if (visible[0] !== undefined) return visible[0];
    throw new Problem("not_found", `There is no space "${ref}" that you may use. list_spaces shows those you may.`);
  }

  /** The same, for what only the owner or spaces.manage may do. */
  async findOwn(call: Call, ref: string, verb: string): Promise<SpaceRow> {
    const row = await this.find(call, ref);
    if (row.user_id === call.principal.user_id || may(call.principal, "spaces.manage")) return row;
    throw new Problem("forbidden", `Only its owner may ${verb} space "${row.username}/${row.name}".`);
  }

  /** Spaces are shared with groups one is in; groups that have it already may stay. */
  checkGroups({ principal }: Call, group_ids: readonly string[], before: readonly string[] = []): void {
    if (may(principal, "spaces.manage")) return;
    const strange = group_ids.filter((id) => !principal.group_ids.includes(id) && !before.includes(id));
    if (strange.length === 0) return;
    const errors = strange.map((id) => ({
      path: `/group_ids/${group_ids.indexOf(id)}`,
      message: "is not a group you are in",
    }));
    throw new Problem("invalid_input", `/group_ids: you are not in ${strange.join(", ")}.`, { errors });
  }

  async #byRef(ref: string): Promise<readonly SpaceRow[]> {
    const byId = await this.#store.find(ref);
    return byId === null ? this.#store.named(ref) : [byId];
  }
}

function canUse({ principal }: Call, row: SpaceRow): boolean {
  if (row.user_id === principal.user_id || may(principal, "spaces.manage")) return true;
  return row.group_ids.some((id) => principal.group_ids.includes(id));
}

import { decodeCursor, type PageRequest, pageOf } from "../operation/page.ts";
import type { Integration } from "./schema.ts";

/** Where the states come from: the pool of upstream connections. */
export interface IntegrationStates {
  /** By namespace, from memory. */
  statuses(): readonly (Omit<Integration, "warnings"> & { readonly warnings: readonly string[] })[];
}

/** The connected MCP servers as people see them. */
export class Integrations {
  readonly #states: IntegrationStates;

  constructor(states: IntegrationStates) {
    this.#states = states;
  }

  list({ limit, cursor }: PageRequest) {
    const [after = ""] = decodeCursor(cursor, 1) ?? [];
    const all = this.#states.statuses().map((state) => ({ ...state, warnings: [...state.warnings] }));
    const following = all.filter(({ namespace }) => namespace > after);
    const items = following.slice(0, limit);
    const last = items.at(-1);
    const next = last !== undefined && following.length > items.length ? [last.namespace] : null;
    return pageOf("integrations", { items, total: all.length, next });
  }
}

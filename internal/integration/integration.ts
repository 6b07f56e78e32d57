import { decodeCursor, type PageRequest, pageOf } from "../operation/page.ts";
import { nearest } from "../problem/nearest.ts";
import { Problem } from "../problem/problem.ts";
import type { IntegrationDetails } from "./schema.ts";

type State = Omit<IntegrationDetails, "warnings" | "output"> & {
  readonly warnings: readonly string[];
  readonly output: readonly string[];
};

/** Where the states come from: the pool of upstream connections. */
export interface IntegrationStates {
  /** By namespace, from memory. */
  statuses(): readonly State[];
}

/** The connected MCP servers as people see them. */
export class Integrations {
  readonly #states: IntegrationStates;

  constructor(states: IntegrationStates) {
    this.#states = states;
  }

  list({ limit, cursor }: PageRequest) {
    const [after = ""] = decodeCursor(cursor, 1) ?? [];
    const all = this.#states.statuses().map(({ output: _, ...state }) => ({ ...state, warnings: [...state.warnings] }));
    const following = all.filter(({ namespace }) => namespace > after);
    const items = following.slice(0, limit);
    const last = items.at(-1);
    const next = last !== undefined && following.length > items.length ? [last.namespace] : null;
    return pageOf("integrations", { items, total: all.length, next });
  }

  get(namespace: string): IntegrationDetails {
    const all = this.#states.statuses();
    const state = all.find((each) => each.namespace === namespace);
    if (state !== undefined) return { ...state, warnings: [...state.warnings], output: [...state.output] };
    const names = all.map((each) => each.namespace);
    const near = nearest(namespace, names);
    const next = near === undefined ? "list_integrations shows them." : `Did you mean "${near}"?`;
    throw new Problem("not_found", `There is no integration "${namespace}". ${next}`);
  }
}

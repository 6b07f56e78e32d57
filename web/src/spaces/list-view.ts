import type { Space } from "../../../internal/space/schema.ts";

const groups = {
  running: ["running"],
  stopped: ["stopped"],
  busy: ["creating", "starting", "stopping", "deleting"],
  failed: ["failed"],
} as const satisfies Readonly<Record<string, readonly Space["state"][]>>;

export type Group = keyof typeof groups;

const orders = {
  name: (a: Space, b: Space) => a.name.localeCompare(b.name) || a.owner.username.localeCompare(b.owner.username),
  newest: (a: Space, b: Space) => b.created_at - a.created_at,
  changed: (a: Space, b: Space) => b.updated_at - a.updated_at,
} as const;

export type Order = keyof typeof orders;

/** How the list is looked at; it is part of the address, so that it can be linked and gone back to. */
export type ListView = { readonly q?: string; readonly state?: Group; readonly sort?: Order; readonly all?: boolean };

export const groupNames = Object.keys(groups) as readonly Group[];

const isKey = <Names extends object>(names: Names, value: unknown): value is keyof Names =>
  typeof value === "string" && Object.hasOwn(names, value);

/** The view an address asks for; what it says wrongly is left out. */
export function viewOf(search: Readonly<Record<string, unknown>>): ListView {
  const { q, state, sort, all } = search;
  return {
    ...(q === undefined || q === "" ? {} : { q: String(q) }),
    ...(isKey(groups, state) ? { state } : {}),
    ...(isKey(orders, sort) && sort !== "name" ? { sort } : {}),
    ...(all === true ? { all } : {}),
  };
}

const isIn = (space: Space, group: Group | undefined): boolean =>
  group === undefined || (groups[group] as readonly Space["state"][]).includes(space.state);

/** What the view shows of these spaces, and how many each group of states has among those that match the search. */
export function lookAt(spaces: readonly Space[], { q = "", state, sort = "name" }: ListView) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = spaces.filter(({ name, description, owner, template }) => {
    const text = `${name} ${description} ${owner.username} ${template.name}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const count = (group: Group) => matching.filter((space) => isIn(space, group)).length;
  return {
    shown: matching.filter((space) => isIn(space, state)).toSorted(orders[sort]),
    total: matching.length,
    counts: Object.fromEntries(groupNames.map((group) => [group, count(group)])) as Readonly<Record<Group, number>>,
  };
}

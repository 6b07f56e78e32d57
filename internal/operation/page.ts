import { z } from "zod";
import { Problem } from "../problem/problem.ts";

/** The inputs every list takes. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("How many to return at most, 1 to 1000"),
  cursor: z.string().max(512).optional().describe("Where to go on: next_cursor of the previous page"),
};

/** The outputs every list has beside its items. */
export const pageOutput = {
  total: z.number().int().describe("How many there are in all"),
  returned: z.number().int().describe("How many are in this page"),
  next_cursor: z.string().nullable().describe("Give this as cursor for the next page; null on the last one"),
};

export type PageRequest = { readonly limit: number; readonly cursor?: string | undefined };

/** What a store answers to a list: the items of the page, all that match, and the sort key of the last item when more follow. */
export type Page<Item> = {
  readonly items: readonly Item[];
  readonly total: number;
  readonly next: readonly string[] | null;
};

/** An opaque cursor from the sort key of the last item. */
export const encodeCursor = (key: readonly string[]): string => Buffer.from(JSON.stringify(key)).toString("base64url");

/** The sort key of a cursor with as many parts as asked for; a cursor knot did not make is `invalid_input`. */
export function decodeCursor(cursor: string | undefined, parts: number): readonly string[] | null {
  if (cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(key) && key.length === parts && key.every((part) => typeof part === "string")) return key;
  } catch {
    // falls through to the one error for every kind of bad cursor
  }
  throw new Problem(
    "invalid_input",
    "/cursor: is not a cursor of this list. Leave it out to start from the first page.",
    {
      errors: [{ path: "/cursor", message: "is not a cursor of this list" }],
    },
  );
}

/** The page of a list that is small enough to be in memory as a whole; `keyOf` tells its items apart. */
export function pageWithin<Item>(all: readonly Item[], keyOf: (item: Item) => string, page: PageRequest): Page<Item> {
  const after = decodeCursor(page.cursor, 1)?.[0];
  const start = after === undefined ? 0 : all.findIndex((item) => keyOf(item) === after) + 1;
  const items = all.slice(start, start + page.limit);
  const last = items.at(-1);
  const more = last !== undefined && start + items.length < all.length;
  return { items, total: all.length, next: more ? [keyOf(last)] : null };
}

/** The page as it goes out, under the noun's own name: `{ spaces: [...], total, returned, next_cursor }`. */
export function pageOf<Name extends string, Item>(name: Name, page: Page<Item>) {
  return {
    [name]: page.items,
    total: page.total,
    returned: page.items.length,
    next_cursor: page.next === null ? null : encodeCursor(page.next),
  } as Record<Name, Item[]> & { total: number; returned: number; next_cursor: string | null };
}

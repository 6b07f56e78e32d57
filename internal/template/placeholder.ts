import { nearest } from "../problem/nearest.ts";

export type Value = string | number | boolean;

/** What placeholders may name. `values` is null while a template is only checked. */
export type Names = {
  /** Every name that exists, such as ".space.name". */
  readonly known: ReadonlySet<string>;
  /** Names whose value may only stand in the environment. */
  readonly secret: ReadonlySet<string>;
  /** Names that hold a number. */
  readonly numeric: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, Value> | null;
};

/** A `${{ .name }}` in a text: where it is, and what is wrong with it, if anything. */
export type Placeholder = {
  readonly index: number;
  readonly length: number;
  readonly name: string;
  readonly mistake: string | null;
};

const opening = "$" + "{{";

/** Every placeholder of a text, in order; also those that are not well formed. */
export function placeholdersIn(text: string, names: Names): readonly Placeholder[] {
  const found: Placeholder[] = [];
  for (let index = text.indexOf(opening); index >= 0; index = text.indexOf(opening, index + opening.length)) {
    const match = /^\$\{\{\s*(\.[A-Za-z0-9_]+(?:\.[A-Za-z0-9_-]+)+)\s*\}\}/.exec(text.slice(index));
    const name = match?.[1] ?? "";
    const mistake = match === null ? notWellFormed : mistakeOf(name, names);
    found.push({ index, length: match?.[0].length ?? opening.length, name, mistake });
  }
  return found;
}

/** The only placeholder of a text that is nothing else. */
export const wholePlaceholder = (text: string, found: readonly Placeholder[]): Placeholder | undefined =>
  found.length === 1 && found[0]?.length === text.trim().length ? found[0] : undefined;

/** The text with the values in the place of their names. What a value holds is never looked at again. */
export function expand(text: string, found: readonly Placeholder[], values: ReadonlyMap<string, Value>): string {
  let [expanded, from] = ["", 0];
  for (const { index, length, name } of found) {
    expanded += text.slice(from, index) + String(values.get(name) ?? "");
    from = index + length;
  }
  return expanded + text.slice(from);
}

const notWellFormed = `is not a placeholder: write ${opening} .space.name }} with a name of the list in the documentation`;

function mistakeOf(name: string, { known }: Names): string | null {
  if (known.has(name)) return null;
  const meant = nearest(name, known);
  if (meant !== undefined) return `there is no ${name}; did you mean ${meant}?`;
  if (name.startsWith(".custom.")) return `there is no ${name}: no parameter has this name`;
  return `there is no ${name}`;
}

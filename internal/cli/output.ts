import { sizeText } from "../operation/size.ts";

type Row = Readonly<Record<string, unknown>>;

/**
 * An answer as text for people: a list as a table, one thing as names and values. Terminal control characters of
 * what others wrote are made visible, so that a name cannot draw on the screen. A table is cut to `width` characters.
 */
export function textOf(output: unknown, width = Number.POSITIVE_INFINITY): string {
  if (!isRow(output)) return `${cellOf("", output)}\n`;
  const list = Object.entries(output).find(([, value]) => Array.isArray(value));
  if (list !== undefined && isPage(output)) return table(list[1] as unknown[], width);
  const entries = Object.entries(output);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && isRow(only[1])) return textOf(only[1], width);
  if (entries.length === 1 && only !== undefined && Array.isArray(only[1])) return table(only[1], width);
  return entries.length === 0 ? "Done.\n" : `${pairs(output, width).join("\n")}\n`;
}

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

const isPage = (output: Row): boolean => "returned" in output;

/** How wide a table may be there: only a terminal has an edge. */
export const widthOf = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number =>
  isTTY === true ? columns || 80 : Number.POSITIVE_INFINITY;

/** Of a list that goes on: how much of it this is, and how to get the rest. */
export function moreText(output: Row): string | null {
  const { total, returned, next_cursor } = output;
  return typeof next_cursor === "string" ? `${returned} of ${total}; go on with --cursor ${next_cursor}` : null;
}

function table(items: readonly unknown[], width: number): string {
  if (items.length === 0) return "None.\n";
  if (!items.every(isRow)) return `${items.map((item) => cellOf("", item)).join("\n")}\n`;
  const columns = columnsOf(items.map(flat));
  const cells = items.map((item) => columns.map((column) => oneLine(cellOf(column, flat(item)[column]))));
  const head = columns.map((column) =>
    column
      .replace(/_(at|bytes)$/, "")
      .replaceAll("_", " ")
      .toUpperCase(),
  );
  const wanted = columns.map((_, at) => Math.max(...[head, ...cells].map((row) => row[at]?.length ?? 0)));
  const widths = fitted(wanted, width - gap.length * (columns.length - 1));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cut(cell, widths[at] ?? 0).padEnd(widths[at] ?? 0))
      .join(gap)
      .trimEnd();
  return `${[head, ...cells].map(line).join("\n")}\n`;
}

/** What a thing belongs to by its name: `space: { id, name, state }` as `space: name`. */
const flat = (item: Row): Row =>
  Object.fromEntries(
    Object.entries(item).map(([key, value]) => {
      const name = isRow(value) ? (value["name"] ?? value["username"]) : undefined;
      return [key, typeof name === "string" ? name : value];
    }),
  );

const gap = "  ";
const mostColumns = 8;
const leastWidth = 8;

/** The widest columns are lowered together until all fit into `room`, but none below what still says something. */
function fitted(widths: readonly number[], room: number): readonly number[] {
  const lowered = (most: number) => widths.map((width) => Math.min(width, most));
  let most = Math.max(...widths);
  while (most > leastWidth && lowered(most).reduce((sum, width) => sum + width, 0) > room) most--;
  return lowered(most);
}

/** What tells things apart, in this order; other columns follow as the answer has them. */
const telling = [
  ...["seq", "at", "name", "username", "title", "operation", "type", "state", "outcome", "label", "message"],
] as const;

/**
 * Long, nested and empty columns are left to the command that shows one thing; a thing inside is shown by its name. The
 * id is left out only where the things have names that tell them apart, so that every row can be acted on.
 */
function columnsOf(items: readonly Row[]): readonly string[] {
  const isEmpty = (value: unknown) => value === null || value === "" || (Array.isArray(value) && value.length === 0);
  const isNested = (value: unknown) => isRow(value) || (Array.isArray(value) && value.some((inner) => isRow(inner)));
  const isLong = (value: unknown) => typeof value === "string" && value.trim().split("\n").length > 2;
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))].filter(
    (column) =>
      !items.some((item) => isNested(item[column]) || isLong(item[column])) &&
      !items.every((item) => isEmpty(item[column])),
  );
  const isNamed = isUnique(items, "name") || isUnique(items, "seq") || isUnique(items, "username");
  const hasWords = columns.some((column) => column === "name" || column === "username" || column === "seq");
  const rank = (column: string) => {
    if (column === "id") return -1;
    const at = (telling as readonly string[]).indexOf(column);
    return at < 0 ? telling.length : at;
  };
  return columns
    .filter((column) => (column === "id" ? !isNamed : !hasWords || !/_ids?$|^ids$/.test(column)))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, mostColumns);
}

/** Whether this names each of the things; a `username` beside a `user_id` names somebody else. */
function isUnique(items: readonly Row[], column: string): boolean {
  if (column === "username" && items.some((item) => "user_id" in item)) return false;
  const names = items.map((item) => item[column]);
  return names.every((name) => name !== undefined && name !== null) && new Set(names).size === items.length;
}

function pairs(row: Row, width: number, indent = ""): string[] {
  const nameWidth = Math.max(...Object.keys(row).map((key) => key.length));
  return Object.entries(row).flatMap(([key, value]) => {
    if (isRow(value) && Object.keys(value).length > 0)
      return [`${indent}${key}:`, ...pairs(value, width, `${indent}  `)];
    if (Array.isArray(value) && value.some(isRow)) {
      return [
        `${indent}${key}:`,
        ...table(value, width - indent.length - 2)
          .trimEnd()
          .split("\n")
          .map((line) => `${indent}  ${line}`),
      ];
    }
    const text = cellOf(key, value);
    if (!text.includes("\n")) return [`${indent}${`${key}:`.padEnd(nameWidth + 2)}${text}`.trimEnd()];
    return [
      `${indent}${key}:`,
      ...text
        .trimEnd()
        .split("\n")
        .map((line) => `${indent}  ${line}`),
    ];
  });
}

function cellOf(key: string, value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "number" && (key === "at" || key.endsWith("_at")))
    return new Date(value).toISOString().replace(/\.\d+Z$/, "Z");
  if (typeof value === "number" && key.endsWith("_bytes")) return sizeText(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map((item) => cellOf("", item)).join(", ");
  if (typeof value === "object") return Object.keys(value).length === 0 ? "-" : visible(JSON.stringify(value));
  return visible(String(value));
}

/** Control characters but tab and newline as \x1b, so that they show and do nothing. */
export const visible = (text: string): string =>
  text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });

/** Line breaks as spaces. */
export const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ");

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

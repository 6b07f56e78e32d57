import { randomUUID } from "node:crypto";
import { posix } from "node:path";
import type { Call } from "../operation/call.ts";
import { decodeCursor, pageOf } from "../operation/page.ts";
import { Problem } from "../problem/problem.ts";
import { pathOf, shownPath } from "./path.ts";
import { Records } from "./records.ts";
import { refusalOf } from "./refusal.ts";
import type { FileEntry, FindInput, ListInput } from "./schema.ts";
import { findScript } from "./scripts.ts";
import { runToEnd, type Workplace } from "./shell.ts";

/** How much of paths and lines one answer holds, whatever limit was asked for. */
export const answerBytes = 128 * 1024;

const walkSeconds = 60;

/** What find leaves out: directories that are no files of anybody, and endless, and those the caller does not want. */
export function pruned(path: string, excluded: readonly string[] = []): readonly string[] {
  const endless = /^\/(proc|sys)(\/|$)/.test(path)
    ? []
    : [
        ["-path", "/proc"],
        ["-path", "/sys"],
      ];
  // what was asked for itself is not left out
  const unwanted = excluded
    .filter((name) => name !== posix.basename(path))
    .map((name) => ["-type", "d", "-name", name]);
  const tests = [...endless, ...unwanted];
  if (tests.length === 0) return [];
  return ["(", ...tests.flatMap((test, index) => (index === 0 ? test : ["-o", ...test])), ")", "-prune", "-o"];
}

/** The test of find for a pattern of a name, or of the end of a path when it has a slash. */
export function nameTest(pattern: string | undefined): readonly string[] {
  if (pattern === undefined) return [];
  const plain = pattern.replace(/^(\.\/|\*\*\/)+/, "");
  if (!plain.includes("/")) return ["-name", plain];
  return ["-path", `${plain.startsWith("/") ? "" : "*/"}${plain.replaceAll("**/", "*")}`];
}

/** One page of a directory in the order of names. */
export async function listFiles(call: Call, space: Workplace, input: ListInput) {
  const path = pathOf(input.path);
  const expression = ["-mindepth", "1", ...(input.recursive ? pruned(path) : ["-maxdepth", "1"])];
  const base = shownPath(path === "/" ? "" : path);
  const first = new FirstEntries(input);
  const isLate = await walk(call, space, { path, kind: "directory", expression }, (entry) => {
    first.add({ ...entry, path: base === "." ? entry.path : entry.path.slice(base.length + 1) });
  });
  if (isLate) {
    const detail = `Listing "${input.path}" took longer than ${walkSeconds} seconds. List a part of it, or do not recurse.`;
    throw new Problem("timed_out", detail);
  }
  return first.page();
}

/** One page of the files that fit name, type, depth, age and size, in the order of paths. */
export async function findFiles(call: Call, space: Workplace, input: FindInput) {
  const path = pathOf(input.path);
  const letter = { file: "f", directory: "d", symlink: "l" } as const;
  const expression = [
    ...(input.max_depth === undefined ? [] : ["-maxdepth", String(input.max_depth)]),
    ...pruned(path, input.exclude),
    ...nameTest(input.name),
    ...(input.type === undefined ? [] : ["-type", letter[input.type]]),
  ];
  const first = new FirstEntries(input);
  const isLate = await walk(call, space, { path, kind: "any", expression }, (entry) => {
    const isWanted =
      entry.modified_at > (input.modified_after ?? Number.NEGATIVE_INFINITY) &&
      entry.size_bytes > (input.larger_than_bytes ?? -1);
    if (isWanted) first.add(entry);
  });
  const note = `After ${walkSeconds} s not everything was looked at: these are some of what there is. Narrow the path.`;
  return isLate ? { ...first.page(), next_cursor: null, note } : first.page();
}

/** The entries of one page. Holds no more than two pages, however many come. */
class FirstEntries {
  readonly #limit: number;
  readonly #after: string | undefined;
  #total = 0;
  #held: FileEntry[] = [];

  constructor({ limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined }) {
    this.#limit = limit;
    this.#after = decodeCursor(cursor, 1)?.[0];
  }

  add(entry: FileEntry): void {
    this.#total++;
    if (this.#after !== undefined && entry.path <= this.#after) return;
    this.#held.push(entry);
    if (this.#held.length > 2 * this.#limit + 2) this.#held = this.#sorted();
  }

  page() {
    const sorted = this.#sorted();
    const items: FileEntry[] = [];
    for (let room = answerBytes; items.length < Math.min(this.#limit, sorted.length); ) {
      const entry = sorted[items.length] as FileEntry;
      room -= Buffer.byteLength(entry.path);
      if (room < 0) break;
      items.push(entry);
    }
    const last = sorted.length > items.length ? items.at(-1) : undefined;
    return pageOf("entries", { items, total: this.#total, next: last === undefined ? null : [last.path] });
  }

  #sorted(): FileEntry[] {
    return this.#held.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)).slice(0, this.#limit + 1);
  }
}

/** Returns true when its time was over before everything was seen. */
async function walk(
  call: Call,
  space: Workplace,
  { path, kind, expression }: { path: string; kind: "directory" | "any"; expression: readonly string[] },
  onEntry: (entry: FileEntry) => void,
): Promise<boolean> {
  const mark = randomUUID();
  const records = new Records(mark, onEntry);
  const { stopped, exit_code, stderr } = await runToEnd(call, space, {
    text: findScript,
    args: [mark, path, kind, ...expression],
    path,
    onOutput: (chunk) => records.add(chunk),
    timeout_seconds: walkSeconds,
  });
  if (stopped !== null) return true;
  // a directory that cannot be read, or a file that vanished meanwhile, makes find end with 1: the rest was found
  if (exit_code === null || exit_code > 1) throw refusalOf(exit_code, { path: shownPath(path) }, "", stderr);
  records.end();
  return false;
}

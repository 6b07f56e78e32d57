import { randomUUID } from "node:crypto";
import type { Call } from "../operation/call.ts";
import { decodeCursor, pageOf } from "../operation/page.ts";
import { Problem } from "../problem/problem.ts";
import { Lines } from "./lines.ts";
import { pathOf, shownPath } from "./path.ts";
import { Records } from "./records.ts";
import { refusalOf } from "./refusal.ts";
import type { FileEntry, FindInput, FoundLine, GrepInput, ListInput } from "./schema.ts";
import { findScript, grepScript } from "./scripts.ts";
import { runToEnd, type Workplace } from "./shell.ts";

/** Directories that are no files of anybody, and endless. */
const pruned = (path: string): readonly string[] =>
  /^\/(proc|sys)(\/|$)/.test(path) ? [] : ["(", "-path", "/proc", "-o", "-path", "/sys", ")", "-prune", "-o"];

/** One page of a directory in the order of names. Holds no more than two pages, however many files there are. */
export async function listFiles(call: Call, space: Workplace, input: ListInput) {
  const after = decodeCursor(input.cursor, 1)?.[0];
  const path = pathOf(input.path);
  const depth = ["-mindepth", "1", ...(input.recursive ? pruned(path) : ["-maxdepth", "1"])];
  const base = shownPath(path === "/" ? "" : path);
  let total = 0;
  let page: FileEntry[] = [];
  const isComplete = await walk(
    call,
    space,
    { path, kind: "directory", expression: depth, timeout_seconds: 60 },
    (entry) => {
      total++;
      const name = base === "." ? entry.path : entry.path.slice(base.length + 1);
      if (after !== undefined && name <= after) return true;
      page.push({ ...entry, path: name });
      if (page.length > 2 * input.limit + 2) page = firstOf(page, input.limit + 1);
      return true;
    },
  );
  if (isComplete === "timeout") {
    throw new Problem(
      "timed_out",
      `Listing "${input.path}" took longer than 60 seconds. List a part of it, or do not recurse.`,
    );
  }
  const sorted = firstOf(page, input.limit + 1);
  const items = sorted.slice(0, input.limit);
  const last = sorted.length > input.limit ? items.at(-1) : undefined;
  return pageOf("entries", { items, total, next: last === undefined ? null : [last.path] });
}

/** Files by name, type, depth, age and size. Stops when it has enough. */
export async function findFiles(call: Call, space: Workplace, input: FindInput) {
  const path = pathOf(input.path);
  const letter = { file: "f", directory: "d", symlink: "l" } as const;
  const expression = [
    ...(input.max_depth === undefined ? [] : ["-maxdepth", String(input.max_depth)]),
    ...pruned(path),
    ...(input.name === undefined ? [] : ["-name", input.name]),
    ...(input.type === undefined ? [] : ["-type", letter[input.type]]),
  ];
  const entries: FileEntry[] = [];
  const ended = await walk(call, space, { path, kind: "any", expression, timeout_seconds: 60 }, (entry) => {
    const isWanted =
      entry.modified_at > (input.modified_after ?? Number.NEGATIVE_INFINITY) &&
      entry.size_bytes > (input.larger_than_bytes ?? -1);
    if (!isWanted) return true;
    entries.push(entry);
    return entries.length <= input.limit;
  });
  const found = firstOf(entries.slice(0, input.limit), input.limit);
  return { entries: found, returned: found.length, truncated: ended !== null || entries.length > input.limit };
}

/** Lines that match. Stops when it has enough or its time is over. */
export async function grepFiles(call: Call, space: Workplace, input: GrepInput) {
  const path = pathOf(input.path);
  const mark = randomUUID();
  const options = [
    input.literal ? "-F" : "-E",
    ...(input.ignore_case ? ["-i"] : []),
    ...(input.context > 0 ? [`-C${input.context}`] : []),
    "-I",
  ].join(" ");
  const names = input.glob === undefined ? [] : ["-name", input.glob];
  const args = [mark, input.pattern, path, options, ...pruned(path), "-type", "f", ...names];
  const matches: FoundLine[] = [];
  let count = 0;
  const lines = new Lines(mark, (line) => {
    if (line.is_match && ++count > input.limit) return false;
    matches.push(line);
    return true;
  });
  const script = { text: grepScript, args, path: input.path, timeout_seconds: input.timeout_seconds };
  const ended = await runToEnd(call, space, { ...script, onOutput: (chunk) => lines.add(chunk) });
  if (ended.stopped === null) {
    refuse(ended.exit_code, input.path, ended.stderr);
    lines.end();
  }
  const truncated = ended.stopped !== null || count > input.limit;
  const timed_out = ended.stopped === "timeout";
  const returned = Math.min(count, input.limit);
  return { matches, returned, truncated, timed_out, ...(timed_out ? { note: overdue(input.timeout_seconds) } : {}) };
}

const overdue = (seconds: number): string =>
  `the time limit of ${seconds} s was reached; narrow the path or raise timeout_seconds`;

async function walk(
  call: Call,
  space: Workplace,
  what: { path: string; kind: "directory" | "any"; expression: readonly string[]; timeout_seconds: number },
  onEntry: (entry: FileEntry) => boolean,
): Promise<"enough" | "timeout" | null> {
  const mark = randomUUID();
  const records = new Records(mark, onEntry);
  const { stopped, exit_code, stderr } = await runToEnd(call, space, {
    text: findScript,
    args: [mark, what.path, what.kind, ...what.expression],
    path: what.path,
    onOutput: (chunk) => records.add(chunk),
    timeout_seconds: what.timeout_seconds,
  });
  if (stopped === null) {
    refuse(exit_code, shownPath(what.path), stderr);
    records.end();
  }
  return stopped;
}

/** A directory that cannot be read, or a file that vanished meanwhile, makes find end with 1: the rest was found. */
function refuse(exit_code: number | null, path: string, stderr: string): void {
  if (exit_code === null || exit_code > 1) throw refusalOf(exit_code, path, "", stderr);
}

const firstOf = (entries: readonly FileEntry[], count: number): FileEntry[] =>
  entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)).slice(0, count);

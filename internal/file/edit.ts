import type { Call } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import { unifiedDiff } from "./diff.ts";
import { readPart } from "./read.ts";
import type { Edit, EditInput } from "./schema.ts";
import type { Workplace } from "./shell.ts";
import { textOf } from "./text.ts";
import { writeBytes } from "./write.ts";

const sizeLimit = 10 * 1024 * 1024;

export type Edited = {
  readonly counts: number[];
  readonly diff: string;
  readonly written: boolean;
  readonly bytes_written: number;
  readonly sha256: string;
};

/** Applies all edits one after the other, or none of them. */
export async function editFile(call: Call, space: Workplace, input: EditInput): Promise<Edited> {
  const range = { unit: "bytes", first: 1, count: 0, bytes: sizeLimit + 1 } as const;
  const { bytes, size_bytes, sha256 } = await readPart(call, space, input.path, range, sizeLimit);
  if (size_bytes > sizeLimit) {
    throw new Problem(
      "too_large",
      `"${input.path}" has ${size_bytes} bytes; edit_file edits up to 10 MiB. Use a command such as sed.`,
    );
  }
  // a part must never be taken for the whole: it would be written back
  if (sha256 === null || bytes.length !== size_bytes) {
    throw new Problem("conflict", `"${input.path}" changed while it was read, so nothing was changed. Try again.`);
  }
  if (input.if_match !== undefined && input.if_match !== sha256) {
    const detail = `"${input.path}" has changed: its SHA-256 is now ${sha256}. Read it again before you edit.`;
    throw new Problem("conflict", detail, { extra: { sha256 } });
  }
  const before = textOf(bytes);
  if (before === null) throw new Problem("conflict", `"${input.path}" is not UTF-8 text, so it cannot be edited.`);
  const { text, counts } = applied(before, input);
  const result = { counts, diff: unifiedDiff(input.path, before, text) };
  if (input.dry_run || text === before) return { ...result, written: false, bytes_written: 0, sha256 };
  const target = { path: input.path, mode: "overwrite", if_match: sha256, make_parents: false } as const;
  const written = await writeBytes(call, space, target, Buffer.from(text, "utf8"));
  // only an append may go without a hash
  return { ...result, written: true, bytes_written: written.bytes_written, sha256: written.sha256 as string };
}

function applied(before: string, { edits, path }: EditInput): { text: string; counts: number[] } {
  const counts: number[] = [];
  const ended = withCrlf(before);
  let text = before;
  edits.map(ended).forEach((edit, index) => {
    const found = text.split(edit.search);
    const count = found.length - 1;
    if (count !== edit.expected_count) throw miscounted(path, text, edit, index, found);
    counts.push(count);
    text = found.join(edit.replace);
  });
  if (Buffer.byteLength(text) > sizeLimit)
    throw new Problem("too_large", "The edited file would be larger than 10 MiB.");
  return { text, counts };
}

/** Where every line ends with CR LF, edits written with bare line ends mean those. */
function withCrlf(text: string): (edit: Edit) => Edit {
  if (!text.includes("\r\n") || /(^|[^\r])\n/.test(text)) return (edit) => edit;
  const converted = (value: string) => value.replace(/\r?\n/g, "\r\n");
  return (edit) => ({ ...edit, search: converted(edit.search), replace: converted(edit.replace) });
}

function miscounted(path: string, text: string, edit: Edit, index: number, found: readonly string[]): Problem {
  const message = `was found ${found.length - 1} times, not ${edit.expected_count}`;
  const detail =
    found.length > 1
      ? `It begins in the lines ${linesOf(found, edit.search).join(", ")}. Give more of the text around it, or set expected_count.`
      : hintFor(text, edit.search);
  const errors = [{ path: `/edits/${index}/search`, message }];
  return new Problem(
    "conflict",
    `The search text of edit ${index + 1} ${message} in "${path}", so nothing was changed. ${detail}`,
    {
      errors,
    },
  );
}

function linesOf(found: readonly string[], search: string): number[] {
  const lines: number[] = [];
  let line = 1;
  for (const part of found.slice(0, 11)) {
    line += part.split("\n").length - 1;
    lines.push(line);
    line += search.split("\n").length - 1;
  }
  return lines.slice(0, Math.min(10, found.length - 1));
}

function hintFor(text: string, search: string): string {
  const hasCrlf = text.includes("\r\n") && search.includes("\n") && !search.includes("\r\n");
  if (hasCrlf) return "Some lines of the file end with CR LF: write \\r\\n in the search text where they do.";
  const loose = (value: string) => value.replace(/\s+/g, " ").trim();
  const isNear = loose(search) !== "" && loose(text).includes(loose(search));
  const why = isNear ? "It is there with other white space" : "It is not there";
  const first = search
    .split("\n")
    .find((line) => line.trim() !== "")
    ?.trim();
  const lines = text
    .split("\n")
    .flatMap((line, index) => (first !== undefined && line.includes(first) ? [index + 1] : []));
  const where = lines.length === 0 ? "" : ` (its first line is in line ${lines.slice(0, 5).join(", ")})`;
  return `${why}${where}: read the file and copy the text exactly.`;
}

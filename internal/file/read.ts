import { createHash } from "node:crypto";
import type { Call } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import { pathOf, wrong } from "./path.ts";
import type { FileContent, ReadInput } from "./schema.ts";
import { readScript } from "./scripts.ts";
import { runScript, type Workplace } from "./shell.ts";
import { textOf, unfinishedBytes } from "./text.ts";

/** Files up to this size are hashed unasked. */
export const hashLimit = 16 * 1024 * 1024;

/** More than the line of facts needs. */
const factsBytes = 200;

/** Facts about a file and a part of it. */
export type Part = { readonly size_bytes: number; readonly sha256: string | null; readonly bytes: Buffer };

/** `first` counts from 1. In lines, `count` limits them beside `bytes`. */
export type Range = {
  readonly unit: "bytes" | "lines";
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
};

/** Reads a part of a regular file, whatever its size: only the part travels. Larger files than `hashed` get no hash. */
export async function readPart(
  call: Call,
  space: Workplace,
  path: string,
  range: Range,
  hashed: number | "always",
): Promise<Part> {
  const { unit, first, count, bytes } = range;
  const args = [pathOf(path), String(hashed), unit, ...[first, count, bytes].map(String)];
  const most_bytes = bytes + factsBytes;
  const output = await runScript(call, space, { text: readScript, args, path, most_bytes });
  const end = output.indexOf(10);
  const [size = "", sum = "-"] = output.toString("latin1", 0, end).split(" ");
  if (end < 0 || !/^\d+$/.test(size)) throw new Problem("runtime_failed", `The space gave no size of "${path}".`);
  const part = output.subarray(end + 1);
  if (isWhole(part, range)) return { size_bytes: part.length, sha256: sha256Of(part), bytes: part };
  return { size_bytes: Number(size), sha256: sum === "-" ? null : sum, bytes: part };
}

/** Whether nothing is left out. What came then says its size and hash itself, whoever writes to the file meanwhile. */
function isWhole(part: Buffer, { unit, first, count, bytes }: Range): boolean {
  if (first !== 1 || part.length >= bytes) return false;
  return unit === "bytes" || part.filter((byte) => byte === 10).length < count;
}

const sha256Of = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export async function readFile(call: Call, space: Workplace, input: ReadInput): Promise<FileContent> {
  const byLines = input.offset_lines !== undefined || input.limit_lines !== undefined;
  if (byLines && input.offset_bytes !== undefined) throw wrong("offset_bytes", "does not go together with lines");
  const skipped = (byLines ? input.offset_lines : input.offset_bytes) ?? 0;
  const range: Range = byLines
    ? { unit: "lines", first: skipped + 1, count: (input.limit_lines ?? 1e9) + 1, bytes: input.limit_bytes + 1 }
    : { unit: "bytes", first: skipped + 1, count: 0, bytes: input.limit_bytes + 1 };
  const part = await readPart(call, space, input.path, range, input.hash ? "always" : hashLimit);
  const taken = byLines ? wholeLines(part.bytes, skipped, input) : someBytes(part.bytes, skipped, input);
  if (input.encoding === "utf8" && taken.bytes.includes(0)) throw binary(input.path);
  const text = input.encoding === "base64" ? taken.bytes.toString("base64") : taken.bytes.toString("utf8");
  const odd = input.encoding === "utf8" && textOf(taken.bytes) === null;
  return {
    content: text,
    encoding: input.encoding,
    size_bytes: part.size_bytes,
    sha256: part.sha256,
    returned_bytes: taken.bytes.length,
    cut: taken.next !== null,
    next_offset: taken.next,
    note: odd ? "This part is not UTF-8 text; read it with the encoding base64 to get its bytes." : taken.note,
  };
}

function binary(path: string): Problem {
  const detail =
    `This part of "${path}" is binary (it has NUL bytes). Read it with the encoding base64, ` +
    "or look into it with a command such as strings or od.";
  return new Problem("conflict", detail);
}

type Taken = { readonly bytes: Buffer; readonly next: number | null; readonly note: string | null };

function someBytes(bytes: Buffer, offset: number, { limit_bytes, encoding }: ReadInput): Taken {
  if (bytes.length <= limit_bytes) return { bytes, next: null, note: null };
  const limited = bytes.subarray(0, limit_bytes);
  const broken = encoding === "utf8" ? unfinishedBytes(limited) : 0;
  const whole = broken < limited.length ? limited.subarray(0, limited.length - broken) : limited;
  return { bytes: whole, next: offset + whole.length, note: null };
}

/** As many whole lines as fit; of a line that is longer than everything allowed, its beginning. */
function wholeLines(bytes: Buffer, offset: number, { limit_bytes, limit_lines = 1e9 }: ReadInput): Taken {
  const ends: number[] = [];
  for (let at = bytes.indexOf(10); at >= 0 && ends.length < limit_lines; at = bytes.indexOf(10, at + 1))
    ends.push(at + 1);
  const isAll = bytes.length <= limit_bytes && (ends.length < limit_lines || ends.at(-1) === bytes.length);
  if (isAll) return { bytes, next: null, note: null };
  const fitting = ends.filter((end) => end <= limit_bytes);
  const last = fitting.at(-1);
  if (last !== undefined) return { bytes: bytes.subarray(0, last), next: offset + fitting.length, note: null };
  const limited = bytes.subarray(0, limit_bytes);
  const note = `Line ${offset + 1} is longer than limit_bytes and was cut; read the rest of it with offset_bytes.`;
  return { bytes: limited.subarray(0, limited.length - unfinishedBytes(limited)), next: offset + 1, note };
}

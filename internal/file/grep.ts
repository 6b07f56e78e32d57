import { randomUUID } from "node:crypto";
import type { Call } from "../operation/call.ts";
import { decodeCursor, encodeCursor } from "../operation/page.ts";
import { extendedExpression } from "./expression.ts";
import { Lines } from "./lines.ts";
import { pathOf } from "./path.ts";
import { refusalOf } from "./refusal.ts";
import type { FoundLine, GrepInput } from "./schema.ts";
import { grepScript } from "./scripts.ts";
import { answerBytes, nameTest, pruned } from "./search.ts";
import { runToEnd, type Workplace } from "./shell.ts";

/** A line of a file. Names are compared as the space sorts them: by bytes, here as Latin-1. */
type Place = { readonly name: string; readonly line: number };

/** One page of the lines that match, in the order of paths. Ends early when it has enough or its time is over. */
export async function grepFiles(call: Call, space: Workplace, input: GrepInput) {
  const path = pathOf(input.path);
  const mark = randomUUID();
  const pattern = input.literal ? input.pattern : extendedExpression(input.pattern);
  const after = placeOf(input.cursor);
  const tests = [...pruned(path, input.exclude), "-type", "f", ...nameTest(input.glob)];
  const args = [mark, pattern, path, optionsOf(input), scriptName(after), ...tests];
  const page = new MatchPage(input.limit, after);
  const lines = new Lines(mark, (line, name) => page.add(line, name));
  const ended = await runToEnd(call, space, {
    text: grepScript,
    args,
    path: input.path,
    timeout_seconds: input.timeout_seconds,
    onOutput: (chunk) => lines.add(chunk),
  });
  if (ended.stopped === null) {
    if (ended.exit_code !== 0) throw refusalOf(ended.exit_code, input, "", ended.stderr);
    lines.end();
  }
  return page.answer(ended.stopped === "timeout" ? input.timeout_seconds : null);
}

class MatchPage {
  readonly #limit: number;
  readonly #after: Place | null;
  readonly #matches: FoundLine[] = [];
  #count = 0;
  #room = answerBytes;
  #last: Place | null = null;
  #isFull = false;

  constructor(limit: number, after: Place | null) {
    this.#limit = limit;
    this.#after = after;
  }

  /** Returns false when the page is full. */
  add(line: FoundLine, name: string): boolean {
    const place = { name, line: line.line };
    if (this.#after !== null && !isBehind(place, this.#after)) return true;
    this.#room -= Buffer.byteLength(line.text) + name.length;
    this.#isFull = this.#room < 0 || (line.is_match && this.#count === this.#limit);
    if (this.#isFull) return false;
    if (line.is_match) this.#count++;
    this.#matches.push(line);
    this.#last = place;
    return true;
  }

  /** `timeout` is the number of seconds that were not enough. */
  answer(timeout: number | null) {
    const truncated = this.#isFull || timeout !== null;
    const next = truncated && this.#last !== null ? [this.#last.name, String(this.#last.line)] : null;
    const note = `the time limit of ${timeout} s was reached; narrow the path or raise timeout_seconds`;
    return {
      matches: this.#matches,
      returned: this.#count,
      truncated,
      next_cursor: next === null ? null : encodeCursor(next),
      timed_out: timeout !== null,
      ...(timeout === null ? {} : { note }),
    };
  }
}

function optionsOf({ literal, ignore_case, context }: GrepInput): string {
  const options = [literal ? "-F" : "-E", ...(ignore_case ? ["-i"] : []), ...(context > 0 ? [`-C${context}`] : [])];
  // files that are no text
  return [...options, "-I"].join(" ");
}

function placeOf(cursor: string | undefined): Place | null {
  const [name, line] = decodeCursor(cursor, 2) ?? [];
  return name === undefined ? null : { name, line: Number(line) };
}

const isBehind = (place: Place, after: Place): boolean =>
  place.name > after.name || (place.name === after.name && place.line > after.line);

/** The name as the script finds it, to pass over what was searched; empty for one that no argument can carry. */
function scriptName(after: Place | null): string {
  if (after === null) return "";
  const bytes = Buffer.from(after.name, "latin1");
  return Buffer.from(bytes.toString("utf8")).equals(bytes) ? bytes.toString("utf8") : "";
}

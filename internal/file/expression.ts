import { wrong } from "./path.ts";

/** What the shorthands of other flavours are in a bracket expression of POSIX. */
const classes: Readonly<Record<string, string>> = { d: "0-9", w: "[:alnum:]_", s: "[:space:]" };
const characters: Readonly<Record<string, string>> = { t: "\t", r: "\r", f: "\f", v: "\v" };

/**
 * An expression as people and models write it, as one that means the same to every grep -E: the shorthands \d, \w and \s,
 * \t, escapes inside brackets, and groups that capture nothing. What it does not understand stays as it is.
 */
export function extendedExpression(pattern: string): string {
  let result = "";
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at] as string;
    const next = pattern[at + 1] ?? "";
    if (char === "[") {
      const bracket = bracketAt(pattern, at);
      if (bracket === null) return pattern;
      result += bracket.text;
      at = bracket.end;
    } else if (char === "\\") {
      result += outside(next);
      at += 2;
    } else if (pattern.startsWith("(?:", at)) {
      result += "(";
      at += 3;
    } else {
      result += char;
      at++;
    }
  }
  return result;
}

function outside(escaped: string): string {
  const inner = classes[escaped.toLowerCase()];
  if (inner === undefined) return characters[escaped] ?? `\\${escaped}`;
  return escaped in classes ? `[${inner}]` : `[^${inner}]`;
}

/** POSIX knows no escapes in brackets: a closing bracket has to be first there, a hyphen last. Null when it has no such form. */
function bracketAt(pattern: string, start: number): { text: string; end: number } | null {
  let at = start + 1;
  const negated = pattern[at] === "^";
  if (negated) at++;
  let [first, middle, last] = ["", "", ""];
  for (let isFirst = true; at < pattern.length; isFirst = false) {
    const char = pattern[at] as string;
    const named = /^\[([:.=]).*?\1\]/.exec(pattern.slice(at));
    const next = pattern[at + 1] ?? "";
    if (char === "]" && !isFirst) {
      const set = `${first}${middle}${last}`;
      // a caret that came first only because of the new order would negate
      const text = !negated && set.startsWith("^") ? (set === "^" ? "\\^" : null) : `[${negated ? "^" : ""}${set}]`;
      return text === null ? null : { text, end: at + 1 };
    }
    if (named !== null) middle += named[0];
    else if (char !== "\\") middle += char;
    else if (next in classes) middle += classes[next];
    else if (/[DWSbB]/.test(next)) throw wrong("pattern", `has \\${next} in brackets, which grep -E does not know`);
    else if (next === "]") first = "]";
    else if (next === "-") last = "-";
    else middle += characters[next] ?? next;
    at += named?.[0].length ?? (char === "\\" ? 2 : 1);
  }
  return null;
}

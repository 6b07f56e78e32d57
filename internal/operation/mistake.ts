import type { z } from "zod";
import { nearest } from "../problem/nearest.ts";

type Issue = z.core.$ZodRawIssue;

/** What is wrong with a value, as the end of a sentence that begins with its name. Give it to `safeParse` as `error`. */
export function mistakeIn(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${article(String(issue.expected))}`;
    case "too_small":
      return bound(issue.origin, "at least", issue.inclusive === false ? "more than" : null, Number(issue.minimum));
    case "too_big":
      return bound(issue.origin, "at most", issue.inclusive === false ? "less than" : null, Number(issue.maximum));
    case "invalid_value":
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(", ")}${meant(issue.input, issue.values.map(String))}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.format === "regex" ? `must have the form ${issue.pattern}` : `must be a valid ${issue.format}`;
    case "invalid_union":
      return "has none of the forms that are allowed here";
    case "invalid_key":
      return "has a name that is not allowed";
    default:
      return undefined;
  }
}

function meant(input: unknown, values: readonly string[]): string {
  const near = typeof input === "string" ? nearest(input, values) : undefined;
  return near === undefined ? "" : `; did you mean ${near}?`;
}

const units: Readonly<Record<string, readonly [string, string]>> = {
  string: ["character", "characters"],
  array: ["item", "items"],
  map: ["entry", "entries"],
};

function bound(origin: string, inclusive: string, exclusive: string | null, limit: number): string {
  const unit = units[origin];
  if (unit === undefined) return `must be ${exclusive ?? inclusive} ${limit}`;
  if (inclusive === "at least" && limit === 1) return "must not be empty";
  return `must have ${exclusive ?? inclusive} ${limit} ${unit[limit === 1 ? 0 : 1]}`;
}

const names: Readonly<Record<string, string>> = {
  int: "a whole number",
  array: "a list",
  object: "an object",
  record: "an object",
  boolean: "true or false",
  null: "null",
};

const article = (type: string): string => names[type] ?? `a ${type}`;

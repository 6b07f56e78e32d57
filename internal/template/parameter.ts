import { runInNewContext } from "node:vm";
import type { Value } from "./placeholder.ts";
import type { Parameter } from "./schema.ts";
import type { Part, YamlReader } from "./yaml-reader.ts";

const parameterTypes = ["string", "number", "boolean", "choice", "secret"] as const;

const keys = [
  "name",
  "type",
  "title",
  "description",
  "default",
  "pattern",
  "min",
  "max",
  "choices",
  "required",
] as const;

/** Reads the `parameters` of a template. */
export function readParameters(reader: YamlReader, part: Part): Parameter[] {
  const parameters: Parameter[] = [];
  for (const item of reader.items(part, "parameters")) {
    const parameter = readParameter(reader, item);
    if (parameter === undefined) continue;
    if (parameters.some(({ name }) => name === parameter.name)) {
      reader.fail(item, `there is a parameter "${parameter.name}" already`);
    } else parameters.push(parameter);
  }
  return parameters;
}

function readParameter(reader: YamlReader, item: Part): Parameter | undefined {
  const fields = reader.fields(item, "a parameter", keys);
  if (fields.name === undefined) {
    if (reader.isMap(item)) reader.fail(item, 'a parameter needs a "name"');
    return undefined;
  }
  const name = reader.text(fields.name, "the name of a parameter", { literal: true, check: checkName });
  if (name === undefined) return undefined;
  const type = fields.type === undefined ? "string" : (reader.oneOf(fields.type, "type", parameterTypes) ?? "string");
  const text = (part: Part | undefined, what: string) =>
    part === undefined ? undefined : reader.text(part, what, { literal: true });
  const number = (part: Part | undefined, what: string) =>
    part === undefined ? null : reader.number(part, what, { min: -1e15, max: 1e15, otherwise: 0 });
  const parameter: Parameter = {
    name,
    type,
    title: text(fields.title, "title") ?? name,
    description: text(fields.description, "description") ?? "",
    default: null,
    pattern: readPattern(reader, fields.pattern, type),
    min: number(fields.min, "min"),
    max: number(fields.max, "max"),
    choices: readChoices(reader, item, fields.choices, type),
    required: fields.required === undefined ? false : (reader.flag(fields.required, "required") ?? false),
  };
  if (type !== "number" && (fields.min ?? fields.max) !== undefined) {
    reader.fail((fields.min ?? fields.max) as Part, `only a number has min and max; "${name}" is a ${type}`);
  }
  if (parameter.min !== null && parameter.max !== null && parameter.min > parameter.max) {
    reader.fail(fields.max as Part, `max of "${name}" must not be below its min, ${parameter.min}`);
  }
  return { ...parameter, default: readDefault(reader, fields.default, parameter) };
}

function readPattern(reader: YamlReader, part: Part | undefined, type: string): string | null {
  if (part === undefined) return null;
  if (type !== "string" && type !== "secret") reader.fail(part, `a ${type} has no pattern`);
  const pattern = reader.text(part, "pattern", { literal: true, check: checkPattern });
  return pattern ?? null;
}

function readChoices(reader: YamlReader, item: Part, part: Part | undefined, type: string): string[] | null {
  if (part === undefined) {
    if (type === "choice") reader.fail(item, 'a choice needs "choices", a list of what can be chosen');
    return null;
  }
  if (type !== "choice") reader.fail(part, `a ${type} has no choices; set type to choice`);
  const choices = reader.items(part, "choices").flatMap((one) => {
    const text = reader.text(one, "a choice", { literal: true, loose: true });
    return text === undefined ? [] : [text];
  });
  if (choices.length === 0) reader.fail(part, "choices must name at least one");
  if (new Set(choices).size !== choices.length) reader.fail(part, "choices must differ from each other");
  return choices;
}

function readDefault(reader: YamlReader, part: Part | undefined, parameter: Parameter): Value | null {
  if (part === undefined) return null;
  if (parameter.type === "secret") {
    reader.fail(part, "a secret has no default: everybody who reads the template would know it");
    return null;
  }
  const given =
    parameter.type === "choice"
      ? reader.text(part, "default", { literal: true, loose: true })
      : reader.scalar(part, "default");
  if (given === undefined) return null;
  const { value, mistake } = checkValue(parameter, given);
  if (mistake !== null) reader.fail(part, `the default of "${parameter.name}" ${mistake}`);
  return value;
}

/** A value that somebody gave for a parameter, in the parameter's own type, or what is wrong with it. */
export function checkValue(parameter: Parameter, given: unknown): { value: Value | null; mistake: string | null } {
  const wrong = (mistake: string) => ({ value: null, mistake });
  if (parameter.type === "number") {
    const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
    if (typeof value !== "number" || !Number.isFinite(value)) return wrong("must be a number");
    if (parameter.min !== null && value < parameter.min) return wrong(`must be at least ${parameter.min}`);
    if (parameter.max !== null && value > parameter.max) return wrong(`must be at most ${parameter.max}`);
    return { value, mistake: null };
  }
  if (parameter.type === "boolean") {
    const value = given === "true" ? true : given === "false" ? false : given;
    return typeof value === "boolean" ? { value, mistake: null } : wrong("must be true or false");
  }
  if (typeof given !== "string" && typeof given !== "number") return wrong("must be text");
  const text = String(given);
  if (text.includes("\0")) return wrong("must not hold a NUL character");
  if (parameter.type === "choice" && !parameter.choices?.includes(text)) {
    return wrong(`must be one of ${parameter.choices?.join(", ")}`);
  }
  if (parameter.pattern === null) return { value: text, mistake: null };
  if (text.length > 1000) return wrong("is longer than 1000 characters");
  const fits = matches(parameter.pattern, text);
  if (fits === null) return wrong(`takes too long to compare with ${parameter.pattern}`);
  return fits ? { value: text, mistake: null } : wrong(`must match ${parameter.pattern}`);
}

/**
 * Whether the whole text matches; null when that could not be found out in time. A pattern is the template author's, the
 * text somebody else's, and between them a few characters can keep an engine of regular expressions busy for years.
 */
function matches(pattern: string, text: string): boolean | null {
  try {
    return runInNewContext(
      "new RegExp(pattern, 'u').test(text)",
      { pattern: `^(?:${pattern})$`, text },
      { timeout: 250 },
    );
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return null;
    throw thrown;
  }
}

const checkName = (name: string) =>
  /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/.test(name) ? null : "must start with a letter and contain only letters, digits and _";

function checkPattern(pattern: string): string | null {
  if (pattern.length > 200) return "may have 200 characters at most";
  try {
    new RegExp(`^(?:${pattern})$`, "u");
    return null;
  } catch {
    return "is not a regular expression";
  }
}

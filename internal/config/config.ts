import { existsSync, readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { mistakeIn } from "../operation/mistake.ts";
import { nearest } from "../problem/nearest.ts";
import { linesOf } from "./lines.ts";
import { isOneText, type Option, options, readValue } from "./options.ts";
import { type Config, ConfigSchema } from "./schema.ts";

export type Origin = "flag" | "environment" | "file" | "default";

/** What is wrong with one setting and where it was said. */
export type Mistake = {
  /** `knot.toml:3`, the name of an environment variable, or a flag. */
  readonly place: string;
  readonly key: string;
  readonly message: string;
};

/** The configuration cannot be used: every mistake at once. The process ends with 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  readonly mistakes: readonly Mistake[];
  readonly exit = 78;

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ place, key, message }) => `${place}: ${key === "" ? "" : `${key} `}${message}`).join("\n"));
    this.name = "ConfigError";
    this.mistakes = mistakes;
  }
}

/** Where a value was said: `knot.toml:3`, the name of an environment variable, or a flag; empty for a default. */
export type Said = { readonly origin: Origin; readonly place: string };

export type LoadedConfig = {
  readonly config: Config;
  /** The file that was read, if there is one. */
  readonly file: string | null;
  /** Where each option's value came from, by key. */
  readonly origins: ReadonlyMap<string, Said>;
  /** Environment variables that begin with KNOT_ and mean nothing to knot. */
  readonly ignored: readonly string[];
};

export type Sources = {
  /** Path of the file; it must exist. Without one, the first of knot.toml and /etc/knot/knot.toml that does is read. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values by flag name, without dashes. */
  readonly flags: Readonly<Record<string, string>>;
};

type Tree = { [key: string]: unknown };

/** Reads flag over environment over file over default. Throws ConfigError with every mistake; touches nothing. */
export function loadConfig({ file, env, flags }: Sources): LoadedConfig {
  const mistakes: Mistake[] = [];
  const said = new Map<string, Said>();
  const path = file ?? env["KNOT_CONFIG"] ?? ["knot.toml", "/etc/knot/knot.toml"].find((place) => existsSync(place));
  const text = path === undefined ? "" : readText(path);
  const tree = path === undefined ? {} : parseText(text, path);
  const lines = linesOf(text);
  for (const key of lines.keys()) said.set(key, { origin: "file", place: `${path}:${lines.get(key)}` });
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) applyEnv(name, value, { tree, said, mistakes });
  }
  for (const [name, value] of Object.entries(flags)) applyFlag(name, value, { tree, said, mistakes });
  const result = ConfigSchema.safeParse(tree, { error: mistakeIn });
  if (!result.success) {
    const place = (key: string) => placeOf(key, said, path ?? "the configuration");
    // of a text that could not be read, what the file says in its place is no second mistake
    const told = new Set(mistakes.map(({ key }) => key));
    const further = result.error.issues.flatMap((issue) => mistakesOf(issue, place));
    mistakes.push(...further.filter(({ key }) => key === "" || !told.has(key)));
  }
  if (mistakes.length > 0 || !result.success) throw new ConfigError(inOrder(mistakes));
  const origins = new Map(options.map(({ key }) => [key, said.get(key) ?? saidOfTables(key, said)]));
  return { config: deepFreeze(result.data), file: path ?? null, origins, ignored: Object.keys(env).filter(isIgnored) };
}

/** Those of the file first, in the order of its lines; then those of the environment and the flags. */
function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const line = ({ place }: Mistake) => Number(/:(\d+)$/.exec(place)?.[1] ?? Number.MAX_SAFE_INTEGER);
  return mistakes.toSorted((a, b) => line(a) - line(b));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    throw new ConfigError([{ place: path, key: "", message: `cannot be read: ${why}` }]);
  }
}

function parseText(text: string, path: string): Tree {
  try {
    return parse(text) as Tree;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
    throw new ConfigError([{ place: `${path}:${error.line}`, key: "", message: `is not TOML: ${reason}` }]);
  }
}

type Target = { readonly tree: Tree; readonly said: Map<string, Said>; readonly mistakes: Mistake[] };

function applyEnv(name: string, text: string, target: Target): void {
  const option = options.find((candidate) => candidate.env === name);
  if (option !== undefined && isOneText(option)) {
    applyText(option, text, { origin: "environment", place: name }, target);
  } else if (isMistaken(name)) {
    target.mistakes.push({ place: name, key: "", message: unknown(name, variables, meantBy(name)) });
  }
}

const variables: readonly string[] = options.filter(isOneText).map(({ env }) => env);

/** What the command line and the programs around knot read, which are no options. */
const otherVariables = /^KNOT_(CONFIG|NODE|SERVER|TOKEN|FAILPOINT|DEV_.*|TEST_.*)$/;

/** Whether a variable was meant for an option; an orchestrator may set others, as for a service called knot. */
const isMistaken = (name: string): boolean =>
  /^KNOT_/.test(name) &&
  !otherVariables.test(name) &&
  (/^KNOT_(SERVER|LOG)_/.test(name) || meantBy(name) !== undefined);

/** The nearest variable, or the one with the table in front: KNOT_SERVER_LISTEN for KNOT_LISTEN. */
const meantBy = (name: string): string | undefined =>
  nearest(name, variables) ?? variables.find((variable) => variable === name.replace("KNOT_", "KNOT_SERVER_"));

const isIgnored = (name: string): boolean =>
  /^KNOT_/.test(name) && !otherVariables.test(name) && !variables.includes(name);

function applyFlag(name: string, text: string, target: Target): void {
  const option = options.find((candidate) => candidate.flag === name && isOneText(candidate));
  const place = `--${name}`;
  if (option !== undefined) {
    applyText(option, text, { origin: "flag", place }, target);
  } else {
    const flags = options.map((candidate) => candidate.flag);
    target.mistakes.push({ place, key: "", message: unknown(name, flags) });
  }
}

function applyText(option: Option, text: string, where: Said, { tree, said, mistakes }: Target): void {
  const value = readValue(option, text);
  said.set(option.key, where);
  if (value !== undefined) set(tree, option.path, value);
  else
    mistakes.push({ place: where.place, key: option.key, message: `must be ${typeText[option.type]}, not "${text}"` });
}

const typeText = {
  boolean: "true or false",
  number: "a number",
  string: "text",
  list: "a list with commas",
  tables: "in the file",
  map: "in the file",
} as const satisfies Record<Option["type"], string>;

function set(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const part of path.slice(0, -1)) {
    if (typeof node[part] !== "object" || node[part] === null) node[part] = {};
    node = node[part] as Tree;
  }
  node[path.at(-1) as string] = value;
}

function mistakesOf(issue: z.core.$ZodIssue, place: (key: string) => string): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => {
      const key = [...issue.path, name].join(".");
      const known = keysBelow(issue.path).map((below) => [...issue.path, below].join("."));
      return { place: place(key), key, message: unknown(key, known) };
    });
  }
  const key = issue.path.join(".");
  return [{ place: place(key), key, message: issue.message }];
}

/** The keys a table may have; of a remote server, the fields of one table. */
function keysBelow(path: readonly PropertyKey[]): string[] {
  const tables = options.find(({ type, key }) => type === "tables" && key === path.slice(0, -1).join("."));
  if (tables !== undefined) return tables.fields.map(({ key }) => key);
  const below = options.filter((option) => path.every((part, index) => option.path[index] === part));
  return [...new Set(below.map((option) => option.path[path.length] as string))];
}

function unknown(name: string, candidates: readonly string[], near = nearest(name, candidates)): string {
  return near === undefined
    ? `is not known; known are ${candidates.join(", ")}`
    : `is not known; did you mean ${near}?`;
}

/** Where the key, or the nearest table above it, was written. */
function placeOf(key: string, said: ReadonlyMap<string, Said>, fallback: string): string {
  for (let path = key; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const found = said.get(path);
    if (found !== undefined) return found.place;
  }
  return fallback;
}

/** Tables and maps stand in the file alone: where the first of them begins. */
const saidOfTables = (key: string, said: ReadonlyMap<string, Said>): Said =>
  said.get(`${key}.0`) ?? { origin: "default", place: "" };

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

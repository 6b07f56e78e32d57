import { isUtf8 } from "node:buffer";
import { parseArgs } from "node:util";
import { coerce } from "../operation/coerce.ts";
import { nearest } from "../problem/nearest.ts";
import { Problem } from "../problem/problem.ts";
import { type Command, type Flag, flag, type Globals } from "./command.ts";

/** The flags every command takes. */
export const globalFlags: readonly Flag[] = [
  flag("json", "Print the answer as JSON", { kind: "switch" }),
  flag("help", "Show help", { kind: "switch" }),
  flag("quiet", "Do not show progress", { kind: "switch" }),
  flag("alias", "Use this connection of `knot connect`", { placeholder: "NAME" }),
  flag("server", "Address of the server; also KNOT_SERVER", { placeholder: "URL" }),
  flag("token", "API token; better KNOT_TOKEN or --token-file, which others cannot see", { placeholder: "TOKEN" }),
  flag("token-file", "File that holds the API token", { placeholder: "FILE" }),
  flag("approval", "Id of the approval this call is a retry of", { placeholder: "ID" }),
  flag("idempotency-key", "Calls with the same key have one effect", { placeholder: "KEY" }),
];

/** What was typed, split but not yet understood: words and arguments, texts by flag, and switches. */
export type Typed = {
  readonly positionals: readonly string[];
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly switches: ReadonlyMap<string, boolean>;
  /** How many positionals came after `--`. */
  readonly literal: number;
};

/** The words in front, up to the first flag that is not global: enough to find the command. */
export function leadingWords(argv: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (const token of tokensOf(argv, globalFlags)) {
    if (token.kind === "option-terminator") break;
    if (token.kind === "positional") words.push(token.value);
    else if (!globalFlags.some(({ name }) => name === longName(token.name))) break;
  }
  return words;
}

/** Splits the command line by the command's flags and the global ones; an unknown flag is an error with the nearest one. */
export function split(argv: readonly string[], command: Pick<Command, "words" | "flags">): Typed {
  const flags = [...command.flags, ...globalFlags];
  const texts = new Map<string, string[]>();
  const switches = new Map<string, boolean>();
  const positionals: string[] = [];
  let literal = 0;
  let terminated = false;
  for (const token of tokensOf(argv, flags)) {
    if (token.kind === "option-terminator") terminated = true;
    else if (token.kind === "positional") {
      positionals.push(token.value);
      if (terminated) literal += 1;
    } else {
      const found = flagFor(token.name, flags, command.words);
      if (takesNothing(found.flag))
        switches.set(found.flag.name, switchValue(token.value, token.rawName) !== found.negated);
      else if (token.value === undefined)
        throw usage(`--${found.flag.name} needs a value: --${found.flag.name} ${found.flag.placeholder}`);
      else texts.set(found.flag.name, [...(texts.get(found.flag.name) ?? []), token.value]);
    }
  }
  return { positionals, texts, switches, literal };
}

/** What was said to the flags of every command; a flag of the command itself with the same name wins. */
export function globalsOf({ texts, switches }: Typed, { flags }: Pick<Command, "flags">): Globals {
  const own = new Set(flags.map(({ name }) => name));
  const text = (name: string) => (own.has(name) ? undefined : texts.get(name)?.at(-1));
  const on = (name: string) => !own.has(name) && (switches.get(name) ?? false);
  return {
    json: on("json"),
    help: on("help"),
    quiet: on("quiet"),
    server: text("server"),
    token: text("token"),
    token_file: text("token-file"),
    alias: text("alias"),
    approval: text("approval"),
    idempotency_key: text("idempotency-key"),
  };
}

/** Where values come from that are not on the command line. */
export type Sources = {
  readonly secrets: (flags: readonly Flag[]) => Promise<readonly string[]>;
  /** What a file holds; what comes on standard input for `-`. */
  readonly file: (path: string) => Promise<Buffer>;
  /** What is piped in; undefined at a terminal and when that is nothing. */
  readonly piped: () => Promise<Buffer | undefined>;
};

/** The input of a command, in the types of its schema. */
export async function inputOf(
  command: Command,
  typed: Typed,
  root: Readonly<Record<string, unknown>>,
  sources: Sources,
): Promise<Record<string, unknown>> {
  const input = argumentsOf(command, typed, root);
  for (const one of command.flags) {
    const given = typed.texts.get(one.name);
    if (given !== undefined && one.kind === "file") {
      assignBytes(command, typed, input, one, await sources.file(given[0] as string));
    } else if (given !== undefined) assign(input, one.path, flagValue(one, given, root));
    const on = typed.switches.get(one.name);
    if (on !== undefined && one.kind === "switch") assign(input, one.path, on);
  }
  const fromStdin = command.flags.filter(({ kind, name }) => kind === "stdin" && typed.switches.get(name));
  const lines = fromStdin.length === 0 ? [] : await sources.secrets(fromStdin);
  for (const [at, one] of fromStdin.entries()) assign(input, one.path, lines[at] ?? "");
  const isPipeFree = fromStdin.length === 0 && ![...typed.texts.values()].some((texts) => texts.includes("-"));
  const forPiped = isPipeFree && input["stdin"] === undefined ? command.flags.find(takesPiped) : undefined;
  const piped = forPiped === undefined ? undefined : await sources.piped();
  if (forPiped !== undefined && piped !== undefined) assignBytes(command, typed, input, forPiped, piped);
  const missing = command.flags.find(({ required, path }) => required && input[path[0] as string] === undefined);
  if (missing !== undefined) throw usage(`--${missing.name} is missing: ${missing.description}`, command);
  return input;
}

/** Text as it is; other bytes as base64, where the operation has a field beside this one that says so. */
function assignBytes(command: Command, typed: Typed, input: Record<string, unknown>, one: Flag, bytes: Buffer): void {
  const field = one.path.at(-1) as string;
  const beside = [...one.path.slice(0, -1), field === "content" ? "encoding" : `${field}_encoding`];
  const encoding = command.flags.find(({ path }) => path.join() === beside.join());
  if (isUtf8(bytes)) assign(input, one.path, bytes.toString());
  else if (encoding !== undefined && !typed.texts.has(encoding.name)) {
    assign(input, one.path, bytes.toString("base64"));
    assign(input, beside, "base64");
  } else throw usage(`What was given for --${one.name} is not UTF-8 text`, command);
}

const takesPiped = ({ name, kind }: Flag): boolean => name === "stdin" && kind === "text";

function argumentsOf(command: Command, typed: Typed, root: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = typed.positionals.slice(command.words.length);
  const input: Record<string, unknown> = {};
  for (const [at, { name, required, takesRest, description, schema }] of command.args.entries()) {
    const texts = takesRest ? given.slice(at) : given.slice(at, at + 1);
    if (texts.length === 0) {
      if (required) throw usage(`<${name}> is missing: ${description}`, command);
      continue;
    }
    const isLast = at === command.args.length - 1;
    // `knot space run dev -- ls "a b"`: words after -- are one command line for the shell
    const words = isLast && !takesRest && typed.literal > 1 ? given.slice(at) : null;
    input[name] = words === null ? coerce(schema, texts, root) : words.map(shellWord).join(" ");
    if (words !== null) return input;
  }
  const extra = command.args.at(-1)?.takesRest ? undefined : given[command.args.length];
  if (extra !== undefined) throw usage(`There is no place for "${extra}"`, command);
  return input;
}

function flagValue(one: Flag, texts: readonly string[], root: Readonly<Record<string, unknown>>): unknown {
  if (one.kind === "map" && !texts[0]?.startsWith("{")) {
    return Object.fromEntries(
      texts.map((text) => {
        const at = text.indexOf("=");
        if (at < 1) throw usage(`--${one.name} takes KEY=VALUE, not "${text}"`);
        return [text.slice(0, at), text.slice(at + 1)];
      }),
    );
  }
  if (one.kind !== "list" && texts.length > 1) throw usage(`--${one.name} is given more than once`);
  return coerce(one.schema, texts, root);
}

function assign(input: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, second] = path as [string, string?];
  if (second === undefined) input[first] = value;
  else input[first] = { ...(input[first] as object | undefined), [second]: value };
}

/** A mistake on the command line: exit code 2, and how to get help. */
export function usage(detail: string, command?: Pick<Command, "words">): Problem {
  const help = ["knot", ...(command?.words ?? []), "--help"].join(" ");
  return new Problem("invalid_input", `${/[.?]$/.test(detail) ? detail : `${detail}.`} See \`${help}\`.`);
}

const takesNothing = ({ kind }: Flag): boolean => kind === "switch" || kind === "stdin";

const longName = (name: string): string => ({ h: "help", q: "quiet" })[name] ?? name;

function tokensOf(argv: readonly string[], flags: readonly Flag[]) {
  const options = Object.fromEntries(
    flags.map((one) => [
      one.name,
      takesNothing(one) ? { type: "boolean" as const } : { type: "string" as const, multiple: true },
    ]),
  );
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function flagFor(name: string, flags: readonly Flag[], words: readonly string[]): { flag: Flag; negated: boolean } {
  const wanted = longName(name);
  const found = flags.find((one) => one.name === wanted);
  if (found !== undefined) return { flag: found, negated: false };
  const positive = flags.find((one) => one.kind === "switch" && `no-${one.name}` === wanted);
  if (positive !== undefined) return { flag: positive, negated: true };
  const meant = meantBy(
    wanted,
    flags.map((one) => one.name),
  );
  const hidden = flags.find((one) => one.kind === "stdin" && one.name === `${wanted}-stdin`);
  if (hidden !== undefined)
    throw usage(`--${wanted} would show a secret to others; give it with --${hidden.name}`, { words });
  throw usage(`There is no flag --${wanted}${meant === undefined ? "" : `; did you mean --${meant}?`}`, { words });
}

/** The nearest flag, or one that begins or ends like it: --expires-in-days for --expires, --server-listen for --listen. */
function meantBy(wanted: string, names: readonly string[]): string | undefined {
  const close = nearest(wanted, names) ?? names.find((name) => name.startsWith(`${wanted}-`));
  if (close !== undefined) return close;
  const endings = new Map(names.map((name) => [name.slice(name.indexOf("-") + 1), name]));
  return endings.get(nearest(wanted, endings.keys()) ?? "");
}

function switchValue(value: string | undefined, name: string): boolean {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  throw usage(`${name} takes no value, or true or false`);
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

import type { Readable, Writable } from "node:stream";
import type { JsonSchema } from "../operation/schema.ts";

/** A value given as `--name`. `path` is where it goes in the input, such as ["quota", "max_spaces"]. */
export type Flag = {
  readonly name: string;
  readonly path: readonly string[];
  readonly description: string;
  /**
   * `switch` takes no value; `list` and `map` are given repeatedly; `stdin` reads its value from standard input, `file`
   * from the file it names.
   */
  readonly kind: "text" | "switch" | "list" | "map" | "stdin" | "file";
  /** What stands for the value in help: TEXT, NUMBER, KEY=VALUE. */
  readonly placeholder: string;
  readonly required: boolean;
  readonly choices: readonly string[];
  readonly schema: JsonSchema;
  readonly fallback?: unknown;
};

/** A value given by position. Only the last one may take the rest. */
export type Argument = {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly takesRest: boolean;
  readonly choices: readonly string[];
  readonly schema: JsonSchema;
};

/** What a person typed, in the types of the input. */
export type Invocation = {
  readonly input: Readonly<Record<string, unknown>>;
  readonly globals: Globals;
  readonly io: Io;
};

/** The flags every command takes. */
export type Globals = {
  readonly json: boolean;
  readonly help: boolean;
  readonly quiet: boolean;
  readonly server?: string | undefined;
  readonly token?: string | undefined;
  readonly token_file?: string | undefined;
  readonly alias?: string | undefined;
  readonly approval?: string | undefined;
  readonly idempotency_key?: string | undefined;
};

/** A command of knot, whether it comes from an operation or is written by hand. */
export type Command = {
  readonly words: readonly string[];
  readonly title: string;
  readonly description: string;
  readonly args: readonly Argument[];
  readonly flags: readonly Flag[];
  /** Not in help and completion. */
  readonly hidden?: boolean;
  /** Takes every word as it is: for a command that reads its own flags. */
  readonly raw?: boolean;
  /** Returns the exit code; throws a Problem for anything to be told. */
  readonly run: (invocation: Invocation) => Promise<number>;
};

/** The world of the command line, so that tests need no process. */
export type Io = {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable;
  readonly stdin: Readable & { readonly isTTY?: boolean; readonly setRawMode?: (raw: boolean) => unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  /** Aborted by Ctrl-C. */
  readonly signal?: AbortSignal;
};

/** A flag of a command written by hand; text unless told otherwise. */
export const flag = (name: string, description: string, parts: Partial<Flag> = {}): Flag => ({
  name,
  path: [name.replaceAll("-", "_")],
  description,
  kind: "text",
  placeholder: "TEXT",
  required: false,
  choices: [],
  schema: { type: parts.kind === "switch" ? "boolean" : "string" },
  ...(parts.kind === "switch" ? { fallback: false } : {}),
  ...parts,
});

/** An argument of a command written by hand; required unless told otherwise. */
export const argument = (name: string, description: string, parts: Partial<Argument> = {}): Argument => ({
  name,
  description,
  required: true,
  takesRest: false,
  choices: [],
  schema: { type: "string" },
  ...parts,
});

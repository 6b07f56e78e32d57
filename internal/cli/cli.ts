import type { AnyOperation } from "../operation/operation.ts";
import { jsonSchemaOf } from "../operation/schema.ts";
import { Problem, problems } from "../problem/problem.ts";
import { builtInCommands } from "./built-in.ts";
import type { Command, Globals, Io } from "./command.ts";
import { commandsBelow, findCommand, knownWords, unknownCommand } from "./commands.ts";
import { commandOf } from "./from-operation.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { visible, widthOf } from "./output.ts";
import { globalsOf, inputOf, leadingWords, split } from "./parse.ts";
import { bytesFrom, pipedBytes, secretsFrom } from "./prompt.ts";

export type CliOptions = {
  readonly operations: readonly AnyOperation[];
  readonly version: string;
  /** Commands that are not operations, such as `knot server`. */
  readonly extra?: readonly Command[];
};

/** All commands: of operations, built in, and added by whoever composes the program. */
export function commandsOf({ operations, version, extra = [] }: CliOptions): readonly Command[] {
  const derived = operations.flatMap((op) => commandOf(op) ?? []);
  const own: Command[] = [...derived, ...extra];
  return [
    ...own,
    ...builtInCommands({ version, commands: () => commandsOf({ operations, version, extra }), operations }),
  ];
}

/** Runs one command line (without the program's name) and resolves to its exit code. What is no Problem is thrown on. */
export async function runCli(typedWords: readonly string[], io: Io, options: CliOptions): Promise<number> {
  const argv = typedWords[0] === "--version" ? ["version", ...typedWords.slice(1)] : typedWords;
  const commands = commandsOf(options);
  const words = leadingWords(argv);
  const command = findCommand(commands, words);
  let globals: Partial<Globals> = { json: argv.includes("--json") };
  try {
    if (command === undefined || beginsGroup(commands, command, words)) return explain(argv, words, commands, io);
    if (command.raw && !asksForHelp(argv)) {
      return await command.run({ input: { words: argv.slice(command.words.length) }, globals: noGlobals, io });
    }
    if (asksForHelp(argv)) {
      io.stdout.write(commandHelp(command, commands, widthOf(io.stdout)));
      return 0;
    }
    const typed = split(argv, command);
    globals = globalsOf(typed, command);
    const schema = options.operations.find((op) => op.command?.words === command.words)?.input;
    const root = schema === undefined ? {} : jsonSchemaOf(schema, "input");
    const input = await inputOf(command, typed, root, {
      secrets: (flags) => secretsFrom(io, flags),
      file: (path) => bytesFrom(io, path),
      piped: () => pipedBytes(io),
    });
    return await command.run({ input, globals: globalsOf(typed, command), io });
  } catch (thrown) {
    if (thrown instanceof Problem) return tell(thrown, globals, io, options.operations);
    throw thrown;
  }
}

const noGlobals: Globals = { json: false, help: false, quiet: false };

/** Whether a longer command was meant: `knot approval policy delte` is no argument of `knot approval policy`. */
function beginsGroup(commands: readonly Command[], command: Command, words: readonly string[]): boolean {
  return (
    command.args.length === 0 &&
    words.length > command.words.length &&
    commandsBelow(commands, command.words).length > 0
  );
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

/** Help for words that are no command yet, or the error for words that never will be. */
function explain(argv: readonly string[], words: readonly string[], commands: readonly Command[], io: Io): number {
  const topic = words[0] === "help" ? words.slice(1) : words;
  const known = knownWords(commands, topic);
  if (known.length < topic.length) throw unknownCommand(commands, topic);
  if (words.length === 0 && !asksForHelp(argv)) split(argv, { words: [], flags: [] });
  const command = findCommand(commands, topic);
  const width = widthOf(io.stdout);
  const help =
    command?.words.length === topic.length && topic.length > 0
      ? commandHelp(command, commands, width)
      : groupHelp(topic, commands, width);
  const wanted = asksForHelp(argv) || words[0] === "help" || words.length === 0;
  (wanted ? io.stdout : io.stderr).write(help);
  return wanted ? 0 : problems.invalid_input.exit;
}

/** Tells a problem on stderr, as JSON where that was asked for, and resolves to its exit code. */
function tell(problem: Problem, { json }: Partial<Globals>, io: Io, operations: readonly AnyOperation[]): number {
  if (json)
    io.stderr.write(`${JSON.stringify({ ...problem.toDocument(), ...problem.extra, detail: problem.message })}\n`);
  else {
    const mistakes = problem.errors.map(({ path, message }) => `${path}: ${message}`);
    // where the message is the first of them, it stands once
    const isFirst = problem.message.startsWith(`${mistakes[0]}.`);
    const lines = mistakes.length > 1 ? mistakes.slice(isFirst ? 1 : 0).map((mistake) => `  ${mistake}`) : [];
    const instance = problem.code === "internal" ? problem.extra["instance"] : undefined;
    const trace = typeof instance === "string" ? [`  call ${instance}`] : [];
    const text = [`knot: ${problem.message}`, ...lines, ...trace].join("\n");
    io.stderr.write(`${visible(withCommands(text, operations))}\n`);
  }
  return problem.exit;
}

/** Operations, which problems name for every door, as they are typed here: list_spaces as `knot space list`. */
const withCommands = (text: string, operations: readonly AnyOperation[]): string =>
  text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (name) => {
    const words = operations.find((op) => op.name === name)?.command?.words;
    return words === undefined ? name : `\`${["knot", ...words].join(" ")}\``;
  });

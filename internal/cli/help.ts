import type { Argument, Command, Flag } from "./command.ts";
import { commandsBelow } from "./commands.ts";
import { globalFlags } from "./parse.ts";

/** How a command is typed: knot space start <space> [flags]. */
export const usageOf = ({ words, args, flags }: Command): string =>
  ["knot", ...words, ...args.map(argumentText), ...(flags.length === 0 ? [] : ["[flags]"])].join(" ");

/** Help of one command, and of what goes on below it. */
export function commandHelp(command: Command, commands: readonly Command[]): string {
  const below = commandsBelow(commands, command.words);
  return sections([
    `${usageOf(command)}\n\n${command.description}`,
    listOf(
      "Arguments",
      command.args.map((one) => [one.name, argumentHelp(one)]),
    ),
    flagList("Flags", command.flags),
    commandList(below),
    flagList("Flags of every command", globalFlags),
  ]);
}

/** Help of all commands that begin with these words; of knot itself without any. */
export function groupHelp(words: readonly string[], commands: readonly Command[]): string {
  const below = commandsBelow(commands, words);
  const intro =
    words.length === 0
      ? "knot: dev environments for people and AI agents, behind one governed MCP endpoint\n\nUsage: knot <command> [arguments] [flags]"
      : `Usage: knot ${words.join(" ")} <command> [arguments] [flags]`;
  return sections([
    intro,
    commandList(below),
    flagList("Flags of every command", globalFlags),
    `\`knot <command> --help\` explains one command. \`knot connect URL\` names the server to talk to.`,
  ]);
}

const commandList = (commands: readonly Command[]): string =>
  listOf(
    "Commands",
    commands.map((one) => [one.words.join(" "), one.title]),
  );

const flagList = (title: string, flags: readonly Flag[]): string =>
  listOf(
    title,
    flags.map((one) => [flagText(one), flagHelp(one)]),
  );

/** How a flag is typed; a switch that may be on without being said can be turned off as well. */
export function flagText({ name, kind, placeholder, fallback }: Flag): string {
  if (kind === "switch") return fallback === false ? `--${name}` : `--[no-]${name}`;
  return kind === "stdin" ? `--${name}` : `--${name} ${placeholder}`;
}

/** What a flag means, its choices and what holds without it. */
export function flagHelp({ description, kind, choices, required, fallback }: Flag): string {
  const notes = [
    ...(kind === "stdin" ? ["read from standard input"] : []),
    ...(kind === "list" || kind === "map" ? ["may be repeated"] : []),
    ...(choices.length === 0 ? [] : [choices.join(", ")]),
    ...(required ? ["required"] : []),
    ...(isSilent(fallback) ? [] : [`default ${defaultText(fallback)}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}

/** A default that says nothing: absent, off, or empty. */
const isSilent = (fallback: unknown): boolean =>
  fallback === undefined || fallback === false || fallback === null || ["", "[]", "{}"].includes(asText(fallback));

const defaultText = (fallback: unknown): string =>
  Array.isArray(fallback) ? fallback.map(asText).join(", ") : asText(fallback);

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const argumentHelp = ({ description, choices }: Argument): string =>
  choices.length === 0 ? description : `${description} (${choices.join(", ")})`;

function argumentText({ name, required, takesRest }: Argument): string {
  const text = `${name}${takesRest ? "..." : ""}`;
  return required ? `<${text}>` : `[${text}]`;
}

function listOf(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "";
  const width = Math.min(34, Math.max(...rows.map(([name]) => name.length)));
  const lines = rows.map(([name, text]) =>
    name.length > width ? `  ${name}\n  ${" ".repeat(width)}  ${text}` : `  ${name.padEnd(width)}  ${text}`,
  );
  return `${title}:\n${lines.join("\n")}`;
}

const sections = (parts: readonly string[]): string => `${parts.filter((part) => part !== "").join("\n\n")}\n`;

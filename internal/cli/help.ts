import type { Argument, Command, Flag } from "./command.ts";
import { commandsBelow } from "./commands.ts";
import { globalFlags } from "./parse.ts";

/** How a command is typed: knot space start <space> [flags]. */
export const usageOf = ({ words, args, flags }: Command): string =>
  ["knot", ...words, ...args.map(argumentText), ...(flags.length === 0 ? [] : ["[flags]"])].join(" ");

/** Help of one command, and of what goes on below it. */
export function commandHelp(command: Command, commands: readonly Command[], width?: number): string {
  const below = commandsBelow(commands, command.words);
  return sections([
    `${usageOf(command)}\n\n${wrapped(command.description, width)}`,
    listOf(
      "Arguments",
      command.args.map((one) => [one.name, argumentHelp(one)]),
      width,
    ),
    flagList("Flags", command.flags, width),
    commandList(below, width),
    flagList("Flags of every command", globalFlags, width),
  ]);
}

/** Help of all commands that begin with these words; of knot itself, its groups of commands. */
export function groupHelp(words: readonly string[], commands: readonly Command[], width?: number): string {
  const below = commandsBelow(commands, words);
  return sections([
    words.length === 0 ? `${intro}\n\n${usageText([])}` : usageText(words),
    words.length === 0 ? overview(below, width) : commandList(below, width),
    flagList("Flags of every command", globalFlags, width),
    wrapped(
      `\`${["knot", ...words].join(" ")} <command> --help\` explains one command. \`knot connect URL\` names the server to talk to.`,
      width,
    ),
  ]);
}

const intro = "knot: dev environments for people and AI agents, behind one governed MCP endpoint";

const usageText = (words: readonly string[]): string =>
  `Usage: ${["knot", ...words].join(" ")} <command> [arguments] [flags]`;

/** One line for each first word: what a command does, or which verbs there are. */
function overview(commands: readonly Command[], width?: number): string {
  const groups = Object.entries(Object.groupBy(commands, ({ words: [first = ""] }) => first));
  return listOf(
    "Commands",
    groups.map(([word, group = []]) => [word, summaryOf(group, 1)]),
    width,
  );
}

/** What commands that share their first `depth` words do: in a sentence for one, else how each goes on. */
export function summaryOf(commands: readonly Command[], depth: number): string {
  const own = commands
    .filter(({ words }) => words.length === depth)
    .map(({ description }) => firstSentence(description));
  const verbs = new Set(commands.filter(({ words }) => words.length > depth).map(({ words }) => words[depth]));
  return [...own, ...(verbs.size === 0 ? [] : [[...verbs].join(", ")])].join("; ");
}

const firstSentence = (text: string): string => (/^.*?[^.](?=[.:](\s|$))/s.exec(text)?.[0] ?? text).trim();

const commandList = (commands: readonly Command[], width?: number): string =>
  listOf(
    "Commands",
    commands.map((one) => [one.words.join(" "), firstSentence(one.description)]),
    width,
  );

const flagList = (title: string, flags: readonly Flag[], width?: number): string =>
  listOf(
    title,
    flags.map((one) => [flagText(one), flagHelp(one)]),
    width,
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

function listOf(title: string, rows: readonly (readonly [string, string])[], width?: number): string {
  if (rows.length === 0) return "";
  const nameWidth = Math.min(34, Math.max(...rows.map(([name]) => name.length)));
  const indent = " ".repeat(nameWidth + 4);
  const lines = rows.map(([name, text]) => {
    const about = wrapped(text, width, indent);
    return name.length > nameWidth ? `  ${name}\n${indent}${about}` : `  ${name.padEnd(nameWidth)}  ${about}`;
  });
  return `${title}:\n${lines.join("\n")}`;
}

/** The text in lines that end before `width`, where a terminal has an edge; each but the first begins with `indent`. */
function wrapped(text: string, width = Number.POSITIVE_INFINITY, indent = ""): string {
  const room = Math.max(24, width - indent.length);
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join(`\n${indent}`);
}

const sections = (parts: readonly string[]): string => `${parts.filter((part) => part !== "").join("\n\n")}\n`;

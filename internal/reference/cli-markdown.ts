import { type CliOptions, commandsOf } from "../cli/cli.ts";
import type { Command } from "../cli/command.ts";
import { flagHelp, flagText, usageOf } from "../cli/help.ts";
import { globalFlags } from "../cli/parse.ts";
import { problems } from "../problem/problem.ts";
import { code, page, table } from "./markdown.ts";

const intro = `The program \`knot\`. \`--help\` works at every level, \`--json\` prints the answer for machines, problems and progress go to standard error.
The server is, in this order: \`--server\` with \`--token\`, \`--alias\`, \`KNOT_SERVER\` with \`KNOT_TOKEN\`, the connection \`default\` of \`knot connect\`.
Secrets are read from standard input, never from a flag. \`source <(knot completion bash)\` completes words and flags.`;

/** docs/reference/cli.md: every command with its arguments and flags. */
export function cliMarkdown(options: CliOptions): string {
  const commands = commandsOf(options)
    .filter((command) => !command.hidden)
    .toSorted((a, b) => (a.words.join(" ") < b.words.join(" ") ? -1 : 1));
  return page("Commands", intro, [
    table(
      ["Command", "What it does"],
      commands.map((command) => [code(usageOf(command)), command.title]),
    ),
    ...commands.map(sectionOf),
    "## Flags of every command",
    flagTable(globalFlags),
    "## Exit codes",
    table(["Code", "Meaning"], exitRows()),
  ]);
}

/** How an operation is typed: knot space start <space>. */
export const commandText = ({
  words,
  args,
}: {
  readonly words: readonly string[];
  readonly args: readonly string[];
}): string => ["knot", ...words, ...args.map((name) => `<${name}>`)].join(" ");

function sectionOf(command: Command): string {
  const parts = [
    `## knot ${command.words.join(" ")}`,
    command.description,
    table(
      ["Argument", "Meaning"],
      command.args.map(({ name, description }) => [code(name), description]),
    ),
    flagTable(command.flags),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

const flagTable = (flags: Command["flags"]): string =>
  table(
    ["Flag", "Meaning"],
    flags.map((flag) => [code(flagText(flag)), flagHelp(flag)]),
  );

function exitRows(): readonly (readonly string[])[] {
  const byExit = Map.groupBy(Object.entries(problems), ([, { exit }]) => exit);
  const rows = [...byExit].toSorted(([a], [b]) => a - b);
  return [["0", "Done"], ...rows.map(([exit, of]) => [String(exit), of.map(([name]) => code(name)).join(", ")])];
}

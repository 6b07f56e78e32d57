import { nearest } from "../problem/nearest.ts";
import { Problem } from "../problem/problem.ts";
import type { Command } from "./command.ts";

const startsWith = (words: readonly string[], prefix: readonly string[]): boolean =>
  prefix.every((word, at) => words[at] === word);

/** The command with the most words that these begin with; undefined when there is none. */
export function findCommand(commands: readonly Command[], words: readonly string[]): Command | undefined {
  const fitting = commands.filter((command) => startsWith(words, command.words));
  return fitting.toSorted((a, b) => b.words.length - a.words.length)[0];
}

/** The commands that go on after these words, in alphabetical order. */
export const commandsBelow = (commands: readonly Command[], words: readonly string[]): readonly Command[] =>
  commands
    .filter((command) => !command.hidden && command.words.length > words.length && startsWith(command.words, words))
    .toSorted((a, b) => (a.words.join(" ") < b.words.join(" ") ? -1 : 1));

/** As many of the words as lead to some command. */
export function knownWords(commands: readonly Command[], words: readonly string[]): readonly string[] {
  let known: readonly string[] = [];
  for (let count = 1; count <= words.length; count++) {
    const tried = words.slice(0, count);
    if (!commands.some((command) => startsWith(command.words, tried))) break;
    known = tried;
  }
  return known;
}

/** The error for words that lead nowhere, with the command that was meant. */
export function unknownCommand(commands: readonly Command[], words: readonly string[]): Problem {
  const known = knownWords(commands, words);
  const wrong = words[known.length] ?? "";
  const next = new Set(commandsBelow(commands, known).map((command) => command.words[known.length] as string));
  const typed = ["knot", ...known, wrong].join(" ");
  const meant = nearest(wrong, next) ?? nearestVerb(commands, wrong);
  const hint =
    meant === undefined
      ? `\`${["knot", ...known].join(" ")} --help\` lists what there is.`
      : `Did you mean \`${["knot", ...known, meant].join(" ")}\`?`;
  return new Problem("invalid_input", `There is no command \`${typed}\`. ${hint}`);

  function nearestVerb(all: readonly Command[], word: string): string | undefined {
    if (known.length > 0) return undefined;
    // "knot start dev" for "knot space start dev"
    return all.find((command) => !command.hidden && command.words.at(-1) === word)?.words.join(" ");
  }
}

import type { Command, Flag } from "./command.ts";
import { commandsBelow, findCommand } from "./commands.ts";
import { summaryOf } from "./help.ts";
import { globalFlags } from "./parse.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** What can stand at the end of the line, and what it is. */
export type Candidate = { readonly word: string; readonly about?: string };

export type Completion = {
  readonly candidates: readonly Candidate[];
  /** What the server has things of that could stand there as well, such as "space". */
  readonly noun: string | null;
  /** What was typed of the last word. */
  readonly partial: string;
};

/**
 * What can stand in place of the last word: the next words of commands, flags, or a value that is one of a few. bash
 * gives `--flag=value` as three words, other shells as one.
 */
export function complete(words: readonly string[], commands: readonly Command[]): Completion {
  const before = words.slice(0, -1).filter((word) => word !== "=");
  const partial = words.at(-1) === "=" ? "" : (words.at(-1) ?? "");
  const command = findCommand(commands, positionals(before, globalFlags));
  const flags = [...(command?.flags ?? []), ...globalFlags];
  const [, name, value] = /^(--[^=]+)=(.*)$/.exec(partial) ?? [];
  const valued = flagWithValue(name ?? before.at(-1), flags);
  if (valued !== undefined) {
    const words = valued.choices.map((choice) => (name === undefined ? choice : `${name}=${choice}`));
    return { ...fitting(wordsOnly(words), partial), noun: value === undefined ? valued.name : null };
  }
  if (partial.startsWith("-")) {
    const left = flags.filter((one) => !before.includes(`--${one.name}`));
    return fitting(
      left.map((one) => ({ word: `--${one.name}`, about: one.description })),
      partial,
    );
  }
  const typed = positionals(before, flags);
  const argument = command?.args[typed.length - command.words.length];
  return {
    ...fitting([...nextWords(commands, typed), ...wordsOnly(argument?.choices ?? [])], partial),
    noun: argument?.name ?? null,
  };
}

const wordsOnly = (words: readonly string[]): Candidate[] => words.map((word) => ({ word }));

const fitting = (candidates: readonly Candidate[], partial: string): Completion => ({
  candidates: candidates.filter(({ word }) => word.startsWith(partial)),
  noun: null,
  partial,
});

/** The words that commands go on with; of several commands that go on with the same one, how many. */
function nextWords(commands: readonly Command[], typed: readonly string[]): readonly Candidate[] {
  const next = new Map<string, Command[]>();
  for (const command of commandsBelow(commands, typed)) {
    const word = command.words[typed.length] as string;
    next.set(word, [...(next.get(word) ?? []), command]);
  }
  return [...next].map(([word, some]) => ({ word, about: summaryOf(some, typed.length + 1) }));
}

/** The words that are neither flags nor values of flags. */
const positionals = (words: readonly string[], flags: readonly Flag[]): readonly string[] =>
  words.filter((word, at) => !word.startsWith("-") && flagWithValue(words[at - 1], flags) === undefined);

const flagWithValue = (word: string | undefined, flags: readonly Flag[]): Flag | undefined =>
  flags.find(({ name, kind }) => `--${name}` === word && kind !== "switch" && kind !== "stdin");

/** The script that asks `knot __complete` for each word; undefined for a shell knot does not know. */
export function completionScript(shell: string): string | undefined {
  const scripts: Readonly<Record<string, string>> = {
    bash: `_knot() {
  local IFS=$'\\n'
  COMPREPLY=($(knot __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _knot knot
`,
    zsh: `#compdef knot
_knot() {
  local -a found
  found=("\${(@f)$(knot __complete "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then
    # _describe takes word:description
    found=("\${found[@]//:/\\\\:}")
    found=("\${found[@]/$'\\t'/:}")
    _describe -t knot 'knot' found
  else
    _files
  fi
}
# as a file in fpath this is _knot itself, called for the first time
if [[ "$funcstack[1]" == _knot ]]; then
  _knot "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }
  compdef _knot knot
fi
`,
    fish: `function __knot_complete
  set -l found (knot __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c knot -f -a '(__knot_complete)'
`,
  };
  return scripts[shell];
}

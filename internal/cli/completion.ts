import type { Command, Flag } from "./command.ts";
import { commandsBelow, findCommand } from "./commands.ts";
import { globalFlags } from "./parse.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/**
 * What can stand in place of the last word: the next words of commands, flags, or a value that is one of a few. bash
 * gives `--flag=value` as three words, other shells as one.
 */
export function complete(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const before = words.slice(0, -1).filter((word) => word !== "=");
  const partial = words.at(-1) === "=" ? "" : (words.at(-1) ?? "");
  const command = findCommand(commands, positionals(before, globalFlags));
  const flags = [...(command?.flags ?? []), ...globalFlags];
  const [, name, value] = /^(--[^=]+)=(.*)$/.exec(partial) ?? [];
  const valued = flagWithValue(name ?? before.at(-1), flags);
  if (valued !== undefined) {
    const fitting = valued.choices.filter((choice) => choice.startsWith(value ?? partial));
    return name === undefined ? fitting : fitting.map((choice) => `${name}=${choice}`);
  }
  const typed = positionals(before, flags);
  if (partial.startsWith("-")) {
    return flags.map(({ name }) => `--${name}`).filter((name) => name.startsWith(partial) && !before.includes(name));
  }
  const next = commandsBelow(commands, typed).map((one) => one.words[typed.length] as string);
  const choices = command?.args[typed.length - command.words.length]?.choices ?? [];
  return [...new Set([...next, ...choices])].filter((word) => word.startsWith(partial));
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
  COMPREPLY=($(knot __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _knot knot
`,
    zsh: `#compdef knot
_knot() {
  local -a found
  found=("\${(@f)$(knot __complete "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -- "\${found[@]}" || _files
}
# as a file in fpath this is _knot itself, called for the first time
if [[ "$funcstack[1]" == _knot ]]; then
  _knot "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }
  compdef _knot knot
fi
`,
    fish: `complete -c knot -f -a '(knot __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
  };
  return scripts[shell];
}

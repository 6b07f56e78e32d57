import type { Command } from "./command.ts";
import { commandsBelow, findCommand } from "./commands.ts";
import { globalFlags } from "./parse.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** What can stand in place of the last word: the next words of commands, flags, or a value that is one of a few. */
export function complete(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const before = words.slice(0, -1);
  const partial = words.at(-1) ?? "";
  const typed = before.filter((word) => !word.startsWith("-"));
  const command = findCommand(commands, typed);
  const flags = [...(command?.flags ?? []), ...globalFlags];
  const previous = flags.find(({ name }) => `--${name}` === before.at(-1));
  if (previous !== undefined && previous.kind !== "switch" && previous.kind !== "stdin") {
    return previous.choices.filter((choice) => choice.startsWith(partial));
  }
  if (partial.startsWith("-")) {
    return flags.map(({ name }) => `--${name}`).filter((name) => name.startsWith(partial) && !before.includes(name));
  }
  const next = commandsBelow(commands, typed).map((one) => one.words[typed.length] as string);
  const choices = command?.args[typed.length - command.words.length]?.choices ?? [];
  return [...new Set([...next, ...choices])].filter((word) => word.startsWith(partial));
}

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
compdef _knot knot
`,
    fish: `complete -c knot -f -a '(knot __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
  };
  return scripts[shell];
}

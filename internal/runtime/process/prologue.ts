import type { Argv } from "./isolation.ts";

export type Prologue = {
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Make the directory if it is missing, as engines do for a space's working directory. */
  readonly make?: boolean;
};

/** Set by the text's last line: a text that a dying daemon did not finish starts nothing. */
const whole = "knot_whole";

const script = `eval "$(cat <&3)"; exec 3<&- 4>&-; [ "$${whole}" = yes ] || exit 125; unset ${whole}; exec "$@"`;

/**
 * Runs inside, before the program: takes its environment and directory from file descriptor 3, so that they are in no
 * command line, and says on 4 when the directory is missing.
 */
export function withPrologue(argv: Argv): Argv {
  return ["/bin/sh", "-c", script, argv[0] ?? "sh", ...argv];
}

/** The shell text for file descriptor 3. */
export function prologueText({ environment, cwd, make = false }: Prologue): string {
  const quoted = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;
  const lines = Object.entries(environment)
    // A shell cannot export other names, and nothing but our own templates could set them.
    .filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map(([name, value]) => `export ${name}=${quoted(value)}`);
  const directory = quoted(cwd);
  if (make) lines.push(`mkdir -p -- ${directory} 2>&-`);
  return [
    ...lines,
    "unset OLDPWD",
    `cd -- ${directory} 2>&- || { echo cwd >&4; exit 1; }`,
    "unset OLDPWD",
    `${whole}=yes`,
    "",
  ].join("\n");
}

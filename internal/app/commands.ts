import { type Command, flag, type Invocation, type Io } from "../cli/command.ts";
import { type LoadedConfig, loadConfig } from "../config/config.ts";
import { isOneText, options } from "../config/options.ts";
import { shownOptions } from "../config/show.ts";
import { adminCommands } from "./admin.ts";

const configFlags = [
  flag("config", "Path of the configuration file; else KNOT_CONFIG, ./knot.toml, /etc/knot/knot.toml", {
    placeholder: "FILE",
  }),
  ...options.filter(isOneText).map((option) =>
    flag(option.flag, `${option.description} (${option.key})`, {
      placeholder: option.type.toUpperCase(),
      choices: option.choices ?? [],
    }),
  ),
];

/** The commands that work on this machine instead of calling a server. */
export const localCommands: readonly Command[] = [
  {
    words: ["server"],
    title: "Run the daemon",
    description: "Run the knot daemon until it is told to stop. Every option of knot.toml is a flag too.",
    args: [],
    flags: configFlags,
    run: async (invocation) => {
      const { config, ignored } = configOf(invocation);
      for (const note of ignoredNote(ignored)) invocation.io.stderr.write(`${note}\n`);
      // most of the program, which the commands that only call it need not load
      const { runDaemon } = await import("./daemon.ts");
      return runDaemon(config, (line) => invocation.io.stdout.write(`${line}\n`));
    },
  },
  {
    words: ["config", "check"],
    title: "Check the configuration",
    description: "Look for mistakes in knot.toml, the environment and the flags; exit code 78 when there are any.",
    args: [],
    flags: configFlags,
    run: async (invocation) => {
      const { file, ignored } = configOf(invocation);
      const text = [`${file ?? "The configuration without a file"} is fine.`, ...ignoredNote(ignored)].join("\n");
      invocation.io.stdout.write(
        `${invocation.globals.json ? JSON.stringify({ file, valid: true, ignored }) : text}\n`,
      );
      return 0;
    },
  },
  {
    words: ["config", "show"],
    title: "Show the configuration",
    description: "Print every option with its value and where it came from. Secrets are masked.",
    args: [],
    flags: configFlags,
    run: async (invocation) => {
      show(configOf(invocation), invocation.io, invocation.globals.json);
      return 0;
    },
  },
  ...adminCommands(configFlags, (invocation) => configOf(invocation).config),
];

const ignoredNote = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`Not known to knot, and ignored: ${names.join(", ")}.`];

function configOf({ input, io }: Invocation): LoadedConfig {
  const flags = Object.fromEntries(
    options.flatMap(({ flag: name }) => {
      const value = input[name.replaceAll("-", "_")];
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
  const file = input["config"];
  return loadConfig({ file: file === undefined ? undefined : String(file), env: io.env, flags });
}

function show(loaded: LoadedConfig, { stdout }: Io, json: boolean): void {
  const shown = shownOptions(loaded);
  if (json) {
    stdout.write(`${JSON.stringify({ file: loaded.file, options: shown }, null, 2)}\n`);
    return;
  }
  const width = Math.max(...shown.map(({ key }) => key.length));
  for (const { key, value, origin, place } of shown) {
    stdout.write(`${key.padEnd(width)}  ${JSON.stringify(value)}  (${place || origin})\n`);
  }
}

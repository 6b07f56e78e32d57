import { type DestinationStream, destination, type Logger, pino } from "pino";
import { visible } from "../cli/output.ts";

type Level = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** The daemon's log on standard error: JSON for programs, lines for a person at a terminal. Secrets are left out. */
export function createLog(level: Level, stderr: NodeJS.WriteStream = process.stderr): Logger {
  return pino(
    { level, redact: ["*.token", "*.password", "*.secret", "*.authorization"] },
    stderr.isTTY ? linesTo(stderr) : destination(2),
  );
}

const linesTo = (stderr: { write(text: string): unknown }): DestinationStream => ({
  write: (json) => void stderr.write(visible(lineOf(JSON.parse(json)))),
});

type Entry = {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
} & Readonly<Record<string, unknown>>;

/** `14:05:12 warn message (signal SIGTERM)`, and below it where an error comes from. */
export function lineOf({ level, time, msg, err, pid: _pid, hostname: _hostname, ...rest }: Entry): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  const facts = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const line = `${clock} ${pino.levels.labels[level] ?? level} ${msg}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
  return err === undefined ? `${line}\n` : `${line}\n${indented(err.stack ?? err.message ?? "")}\n`;
}

const indented = (text: string): string => text.replace(/^/gm, "  ");

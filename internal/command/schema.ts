import { z } from "zod";

/** How a command ended, and what it printed. */
export const CommandResult = z
  .object({
    exit_code: z.number().int().nullable().describe("The exit code; null when a signal ended it"),
    signal: z.string().nullable().describe("The signal that ended it, such as SIGKILL"),
    timed_out: z.boolean().describe("Whether it was ended because it took longer than allowed"),
    stdout: z.string().describe("What it printed on standard output; when cut, its beginning and its end"),
    stderr: z.string().describe("What it printed on standard error; when cut, its beginning and its end"),
    stdout_bytes: z.number().int().describe("How much it printed on standard output in all"),
    stderr_bytes: z.number().int().describe("How much it printed on standard error in all"),
    stdout_cut: z.boolean().describe("Whether something of standard output was left out"),
    stderr_cut: z.boolean().describe("Whether something of standard error was left out"),
    duration_ms: z.number().int().describe("How long it ran, in milliseconds"),
    note: z.string().optional().describe("Present when its end needs an explanation: what to do about it"),
  })
  .meta({ id: "CommandResult" });

export type CommandResult = z.output<typeof CommandResult>;

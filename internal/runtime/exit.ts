import { constants } from "node:os";
import type { Exit } from "../space/runtime.ts";

/** Signals that programs die of and that programs do not use as exit codes of their own. */
const deadly = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGSEGV", "SIGPIPE", "SIGTERM"] as const;

/** Reads a shell's status: 128 + n stands for signal n where that is certain enough to say. */
export function exitFromStatus(status: number): Exit {
  const signal = deadly.find((name) => constants.signals[name] === status - 128);
  return signal === undefined ? { exit_code: status, signal: null } : { exit_code: null, signal };
}

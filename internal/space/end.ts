import { sizeText } from "../operation/size.ts";
import type { Observed } from "./runtime.ts";
import type { SpaceRow } from "./space-store.ts";

/** Why a container that should run does not, in words, with what to do. */
export function endOf(seen: Observed | null, row: Pick<SpaceRow, "memory_bytes">): string {
  const next = "get_space_logs shows what it printed; start_space starts it again.";
  if (seen === null) return "The container is gone: something outside knot removed it. start_space makes it anew.";
  if (seen.oom_killed) {
    return `It ran out of memory (its limit is ${sizeText(row.memory_bytes)}) and was killed. Use less, or raise memory in the template; start_space starts it again.`;
  }
  if (seen.state === "created") return `The container was made but does not run. ${next}`;
  const code = seen.exit_code;
  if (code === null) return `Its main process ended. ${next}`;
  if (code === 0) return `Its main process ended with exit code 0: the command finished instead of staying. ${next}`;
  return `Its main process ended with exit code ${code}${signalOf(code)}. ${next}`;
}

/** Whether it was ended from outside: SIGKILL, SIGTERM, or the end of the engine itself (255). */
export const endedBySignal = ({ state, exit_code, oom_killed }: Observed): boolean =>
  state === "exited" && !oom_killed && (exit_code === 137 || exit_code === 143 || exit_code === 255);

/** What is left to do when the engine does not let a space go. */
export const byForce = "with force (force: true), which removes it at once and cleans up in the engine later";

function signalOf(code: number): string {
  const names: Readonly<Record<number, string>> = {
    126: " (the command cannot be run)",
    127: " (the command was not found)",
    137: " (killed)",
    139: " (it crashed)",
    143: " (told to stop)",
  };
  return names[code] ?? "";
}

import type { Enforcement } from "./runtime.ts";

/** What holds spaces to their numbers, in words: "enforced", or each number that is not. */
export function limitsText(enforcement: Enforcement | null): string {
  if (enforcement === null) return "unknown: the runtime has not answered yet";
  const { memory, cpus, pids } = enforcement;
  const gaps = [
    memory === "process" ? "memory is limited for each process alone, with 1 GiB to spare" : "",
    memory === "none" ? "memory is not limited" : "",
    cpus === "none" ? "CPU is not limited" : "",
    pids === "none" ? "the number of processes is not limited" : "",
  ].filter((gap) => gap !== "");
  return gaps.length === 0 ? "enforced" : gaps.join("; ");
}

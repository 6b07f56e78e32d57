import { sizeText } from "../operation/size.ts";
import { Problem } from "../problem/problem.ts";
import type { Limits } from "./ports.ts";
import type { Admission, Plan, Usage } from "./space-store.ts";

const words: Readonly<Record<keyof Usage, { what: string; advice: string; show: (amount: number) => string }>> = {
  spaces: { what: "spaces", advice: "Delete a space", show: String },
  cpus: { what: "CPUs of running spaces", advice: "Stop a space", show: String },
  memory_bytes: { what: "memory of running spaces", advice: "Stop a space", show: sizeText },
  storage_bytes: { what: "storage", advice: "Delete a space or a volume", show: sizeText },
};

/**
 * Admits a space with this plan, or throws `quota_exceeded` naming the limit, the use and what to do. `runs` is false
 * for a space that only has to exist.
 */
export function admission(limits: Limits, plan: Plan, runs: boolean): Admission {
  const wanted: Usage = {
    spaces: 1,
    cpus: runs ? plan.cpus : 0,
    memory_bytes: runs ? plan.memory_bytes : 0,
    storage_bytes: plan.storage_bytes,
  };
  return (others) => {
    for (const key of Object.keys(words) as (keyof Usage)[]) {
      const limit = limits[key];
      if (limit === null || wanted[key] === 0 || others[key] + wanted[key] <= limit) continue;
      const { what, advice, show } = words[key];
      throw new Problem(
        "quota_exceeded",
        `The quota allows ${show(limit)} for ${what}; ${show(others[key])} is in use and this needs ${show(wanted[key])} more. ${advice} first, or ask an administrator for more.`,
        { extra: { quota: key, limit, used: others[key], wanted: wanted[key] } },
      );
    }
  };
}

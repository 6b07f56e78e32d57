import { release } from "node:os";
import type { Enforcement, SpaceSpec } from "../../space/runtime.ts";
import { type Controller, joinArgv } from "./control-groups.ts";
import type { RunRecord } from "./directory.ts";
import { isRoot } from "./is-root.ts";
import type { Argv } from "./isolation.ts";

/** More than a space's memory: programs such as Node claim half a GiB before they use any of it. */
const claimedBytes = 1024 ** 3;

/**
 * The beginning of every command line of a space: its control groups hold all of it together. Without them each
 * process alone is kept from taking far more memory than the whole space may have.
 */
export function limitsArgv({ memory_bytes, pids }: SpaceSpec, { groups = [] }: RunRecord): Argv {
  const alone = groups.length > 0 ? [] : [`--data=${memory_bytes + claimedBytes}`];
  return [...joinArgv(groups), "prlimit", "--core=0", ...alone, ...(isRoot() ? [`--nproc=${pids}`] : []), "--"];
}

/** Since this version the kernel counts the processes of a user namespace for themselves. */
const countsNamespaces = (): boolean => {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 14);
};

/** Inside a user namespace of its own: limits the processes in it, where the kernel tells them from the user's others. */
export const ownNamespaceArgv = ({ pids }: SpaceSpec): Argv =>
  countsNamespaces() ? ["prlimit", `--nproc=${pids}`, "--"] : [];

/** What comes of it. */
export function enforcementOf(held: ReadonlySet<Controller>, plain: boolean): Enforcement {
  const counted = held.has("pids") || isRoot() || (!plain && countsNamespaces());
  return {
    memory: held.has("memory") ? "space" : "process",
    cpus: held.has("cpu") ? "space" : "none",
    pids: counted ? "space" : "none",
  };
}

import { lstat } from "node:fs/promises";
import { join, relative } from "node:path";
import { Problem } from "../../problem/problem.ts";

/** A directory of this machine and where the space sees it. */
export type Mount = { readonly source: string; readonly path: string };

/**
 * Refuses mounts inside directories that the space writes to when a symbolic link is on the way: the sandbox is set up
 * with more rights than the space has, and would follow it. Called while nothing of the space runs.
 */
export async function refuseLinks(mounts: readonly Mount[]): Promise<void> {
  for (const mount of mounts) {
    const around = mounts.filter((other) => other !== mount && isBelow(mount.path, other.path));
    for (const outer of around) await refuseLinksBetween(outer, mount.path);
  }
}

async function refuseLinksBetween(outer: Mount, path: string): Promise<void> {
  const names = relative(outer.path, path).split("/");
  for (let depth = 1; depth <= names.length; depth++) {
    const found = await lstat(join(outer.source, ...names.slice(0, depth))).catch(() => null);
    if (found === null) return;
    if (!found.isDirectory()) {
      const detail = `${join(outer.path, ...names.slice(0, depth))} is not a directory, so nothing can be mounted at ${path}. Remove it from the space's files.`;
      throw new Problem("runtime_failed", detail);
    }
  }
}

function isBelow(path: string, parent: string): boolean {
  const steps = relative(parent, path);
  return steps !== "" && steps !== ".." && !steps.startsWith("../");
}

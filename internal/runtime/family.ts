import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Set in every command's environment: all that descends from it can be found by it, whatever session it moved to. */
export const commandMark = "KNOT_COMMAND";

/** Which processes of this machine belong to a command. */
export type Family = {
  readonly root: number;
  /** An assignment in the environment of every member that did not empty it. */
  readonly mark: string;
  /** Only processes whose cgroup path contains this are touched. */
  readonly cgroup?: string | undefined;
};

type Row = { readonly pid: number; readonly parent: number; readonly session: number; readonly marked: boolean };

/**
 * How many looks in a row must find nobody. One is no proof: a process shows no environment while it executes another
 * program, and by then its parent may be gone and its session be its own.
 */
const quietLooks = 3;
const betweenQuietLooksMs = 15;

/** Kills the root, everything marked, their sessions and all descendants, until none is left or `rounds` are over. */
export async function killFamily(family: Family, rounds = 20, look = rowsOf): Promise<void> {
  for (let round = 0, quiet = 0; round < rounds; round++) {
    const victims = members(await look(family), family.root);
    quiet = victims.length === 0 ? quiet + 1 : 0;
    if (quiet === quietLooks) return;
    if (quiet > 0) await sleep(betweenQuietLooksMs);
    for (const pid of victims) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone already, or not ours to kill; the next round sees which.
      }
    }
  }
}

function members(rows: readonly Row[], root: number): readonly number[] {
  const pids = new Set(rows.filter((row) => row.marked).map((row) => row.pid));
  if (rows.some((row) => row.pid === root)) pids.add(root);
  // The root led a session, which is remembered even when the root itself is gone.
  const sessions = new Set<number>(root > 1 ? [root] : []);
  for (let before = -1; before !== pids.size + sessions.size; ) {
    before = pids.size + sessions.size;
    for (const row of rows) {
      if (sessions.has(row.session) || pids.has(row.parent)) pids.add(row.pid);
      // A member that leads its session: nothing older can be in it.
      if (pids.has(row.pid) && row.session === row.pid) sessions.add(row.session);
    }
  }
  return [...pids];
}

async function rowsOf(family: Family): Promise<readonly Row[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(pids.map((pid) => rowOf(Number(pid), family)));
  return rows.filter((row) => row !== null);
}

async function rowOf(pid: number, family: Family): Promise<Row | null> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, "latin1").catch(() => "");
  const [stat, environment, cgroup] = await Promise.all([read("stat"), read("environ"), read("cgroup")]);
  if (family.cgroup !== undefined && !cgroup.includes(family.cgroup)) return null;
  // The program's name may contain blanks and brackets: fields are counted from its last bracket.
  const [state, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === undefined || state === "" || state === "Z") return null;
  const marked = environment.split("\0").includes(family.mark);
  return { pid, parent: Number(parent), session: Number(session), marked };
}

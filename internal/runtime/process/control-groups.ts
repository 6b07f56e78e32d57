import { execFile } from "node:child_process";
import { access, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { SpaceSpec } from "../../space/runtime.ts";
import { KeyedLock } from "../keyed-lock.ts";

export type Controller = "memory" | "cpu" | "pids";

/** What a group holds its processes to. */
export type GroupLimits = Pick<SpaceSpec, "memory_bytes" | "cpus" | "pids">;

/** Where the kernel tells of its control groups. */
export type KernelFiles = { readonly mountinfo: string; readonly own: string };

type Tree = { readonly version: 1 | 2; readonly directory: string; readonly controllers: readonly Controller[] };

const kernelFiles: KernelFiles = { mountinfo: "/proc/self/mountinfo", own: "/proc/self/cgroup" };
const wanted: readonly Controller[] = ["memory", "cpu", "pids"];
const periodUs = 100_000;
/** By the directory around groups: it must not be removed while one is made in it. */
const around = new KeyedLock();

/** Joins the groups that are named before `--`, then becomes the rest. Whoever cannot join runs nothing. */
const joinScript = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@"';

/** The beginning of a command line whose process, and all it starts, is in these groups. */
export const joinArgv = (groups: readonly string[]): readonly string[] =>
  groups.length === 0
    ? []
    : ["/bin/sh", "-c", joinScript, "sh", ...groups.map((group) => join(group, "cgroup.procs")), "--"];

/**
 * The kernel's limits for all processes of a space together, where this daemon may set them: as root, or below a
 * group that was delegated to its user. Groups are named by their directories.
 */
export class ControlGroups {
  readonly #trees: readonly Tree[];

  private constructor(trees: readonly Tree[]) {
    this.#trees = trees;
  }

  /** Tries what this daemon may do, by doing it. `name` is a directory name that no other installation uses. */
  static async open(name: string, kernel: KernelFiles = kernelFiles): Promise<ControlGroups> {
    const found = await treesOf(kernel);
    const usable = (await Promise.all(found.map((tree) => usableTree(tree, name)))).filter((tree) => tree !== null);
    // without a limit of memory they would be a promise that is not kept
    return new ControlGroups(usable.some(({ controllers }) => controllers.includes("memory")) ? usable : []);
  }

  /** What is held for a space as a whole. */
  get held(): ReadonlySet<Controller> {
    return new Set(this.#trees.flatMap(({ controllers }) => controllers));
  }

  /** Makes the groups of a space, or gives those it has these limits. */
  async make(space: string, limits: GroupLimits): Promise<readonly string[]> {
    return Promise.all(this.#trees.map((tree) => makeGroup(tree, space, limits)));
  }

  /** Removes the empty groups of spaces that are gone: what a crash left before it was written down. */
  async prune(spaces: () => Promise<readonly string[]>): Promise<void> {
    for (const { directory } of this.#trees) {
      const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith("kn-"));
      // asked for after the groups: a space is there before its group
      const known = await spaces();
      await removeGroups(names.filter((name) => !known.includes(name)).map((name) => join(directory, name)));
    }
  }
}

/** Every process in these groups. */
export async function membersOf(groups: readonly string[]): Promise<readonly number[]> {
  const texts = await Promise.all(groups.map((group) => readText(join(group, "cgroup.procs"))));
  return [...new Set(texts.flatMap((text) => text.match(/\d+/g) ?? []))].map(Number);
}

/** Whether the kernel has killed a process of these groups because their memory was used up. */
export async function ranOutOfMemory(groups: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(
    groups.flatMap((group) => ["memory.events", "memory.oom_control"].map((name) => readText(join(group, name)))),
  );
  return texts.some((text) => /^oom_kill [1-9]/m.test(text));
}

/** Removes groups in which nothing runs any more, and the installation's own when they were the last in it. */
export async function removeGroups(groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    // a process that has just been killed may be in it for a moment
    for (let tries = 0; tries < 50 && (await removal(group)) === "EBUSY"; tries++) await sleep(10);
    await around.run(dirname(group), () => removal(dirname(group)));
  }
}

const removal = (directory: string): Promise<string | undefined> =>
  rmdir(directory).then(
    () => undefined,
    (thrown: NodeJS.ErrnoException) => thrown.code,
  );

/** The hierarchies that have the controllers, with the directory that this daemon's groups belong in. */
async function treesOf({ mountinfo, own }: KernelFiles): Promise<readonly Tree[]> {
  const mounts = (await readText(mountinfo)).split("\n").map(mountOf);
  const memberships = (await readText(own)).split("\n").map((line) => line.split(":"));
  const legacy = mounts.flatMap((mount) => {
    const controllers = wanted.filter((controller) => mount?.type === "cgroup" && mount.options.includes(controller));
    const path = memberships.find(([, names]) => controllers.some((one) => names?.split(",").includes(one)))?.[2];
    if (mount === null || path === undefined) return [];
    return [{ version: 1, directory: join(mount.point, below(path, mount.root)), controllers } as const];
  });
  if (legacy.length > 0) return legacy;
  const unified = mounts.find((mount) => mount?.type === "cgroup2");
  const path = memberships.find(([id]) => id === "0")?.[2];
  if (unified === undefined || unified === null || path === undefined) return [];
  const group = join(unified.point, below(path, unified.root));
  // a group that has processes of its own gives its children no limits, except the kernel's first one
  const isFirst = !(await exists(join(group, "cgroup.type")));
  if (!isFirst && (group === unified.point || path.startsWith("/.."))) return [];
  return [{ version: 2, directory: isFirst ? group : dirname(group), controllers: wanted }];
}

function mountOf(line: string): { root: string; point: string; type: string; options: readonly string[] } | null {
  const [before, after] = line.split(" - ").map((part) => part.split(" "));
  const [root, point, type] = [before?.[3], before?.[4], after?.[0]];
  if (root === undefined || point === undefined || type === undefined) return null;
  return { root, point, type, options: (after?.[2] ?? "").split(",") };
}

/** A group's path seen from where the mount begins. */
const below = (path: string, root: string): string =>
  root !== "/" && `${path}/`.startsWith(`${root}/`) ? path.slice(root.length) : path;

/** The tree with the directory of this installation, reduced to what it can do; null when that is nothing. */
async function usableTree(tree: Tree, name: string): Promise<Tree | null> {
  const own = { ...tree, directory: join(tree.directory, name) };
  try {
    const controllers = await prepare(own);
    if (controllers.length === 0) return null;
    const usable = { ...own, controllers };
    const probe = await makeGroup(usable, ".probe", { memory_bytes: 64 * 1024 ** 2, cpus: 1, pids: 16 });
    const [shell = "", ...joining] = joinArgv([probe]);
    await promisify(execFile)(shell, [...joining, "/bin/sh", "-c", ":"], { timeout: 5_000 });
    return usable;
  } catch {
    return null;
  } finally {
    await removeGroups([join(own.directory, ".probe")]);
  }
}

/** Makes the installation's own directory; resolves to what can be limited in it. */
async function prepare({ version, directory, controllers }: Tree): Promise<readonly Controller[]> {
  const given = version === 1 ? controllers : await enable(dirname(directory), controllers);
  await mkdir(directory, { recursive: true });
  return version === 1 ? given : enable(directory, given);
}

/** Hands controllers on to the children of a group; those it has. */
async function enable(group: string, controllers: readonly Controller[]): Promise<readonly Controller[]> {
  const there = (await readText(join(group, "cgroup.controllers"))).trim().split(" ");
  const given = async () => (await readText(join(group, "cgroup.subtree_control"))).trim().split(" ");
  const before = await given();
  for (const controller of controllers.filter((one) => there.includes(one) && !before.includes(one))) {
    await writeFile(join(group, "cgroup.subtree_control"), `+${controller}`).catch(() => {});
  }
  const after = await given();
  return controllers.filter((one) => after.includes(one));
}

async function makeGroup(tree: Tree, name: string, limits: GroupLimits): Promise<string> {
  const group = join(tree.directory, name);
  await around.run(tree.directory, async () => {
    await prepare(tree);
    await mkdir(group, { recursive: true });
  });
  for (const [file, value] of settingsOf(tree, limits)) {
    const path = join(group, file);
    // a kernel without swap accounting lacks the file that is about swap
    if (/swap|memsw/.test(file)) await writeFile(path, value).catch(() => {});
    else await writeFile(path, value);
  }
  return group;
}

function settingsOf({ version, controllers }: Tree, { memory_bytes, cpus, pids }: GroupLimits) {
  const memory = `${memory_bytes}`;
  const quota = `${Math.max(1000, Math.round(cpus * periodUs))}`;
  const settings: Record<Controller, readonly (readonly [string, string])[]> =
    version === 1
      ? {
          // twice: neither of the two may be larger than the other, whichever way it changes
          memory: [
            ["memory.memsw.limit_in_bytes", memory],
            ["memory.limit_in_bytes", memory],
            ["memory.memsw.limit_in_bytes", memory],
          ],
          cpu: [
            ["cpu.cfs_period_us", `${periodUs}`],
            ["cpu.cfs_quota_us", quota],
          ],
          pids: [["pids.max", `${pids}`]],
        }
      : {
          memory: [
            ["memory.max", memory],
            ["memory.swap.max", "0"],
          ],
          cpu: [["cpu.max", `${quota} ${periodUs}`]],
          pids: [["pids.max", `${pids}`]],
        };
  return controllers.flatMap((controller) => settings[controller]);
}

const readText = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

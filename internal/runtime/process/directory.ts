import { randomUUID } from "node:crypto";
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SpaceSpec, Target } from "../../space/runtime.ts";
import { uidInside } from "./isolation.ts";

/** What is written about a space when it is made, and never changed. */
export type SpaceRecord = {
  readonly instance_id: string;
  readonly target: Target;
  readonly spec: SpaceSpec;
  readonly created_at: number;
  /** Numeric user and group the space's processes have on this machine. */
  readonly uid: number;
};

/** One start of a space's main process, written before it happens. */
export type RunRecord = {
  /** In the command line of the process: it tells it from another that got its number later. */
  readonly token: string;
  readonly started_at: number;
  /** The control groups it is in; none where the kernel gives the daemon none. */
  readonly groups?: readonly string[];
};

export type VolumeRecord = { readonly instance_id: string; readonly space_id: string };

/** The files of one space: `home`, `tmp` and `etc` are seen inside, the rest is ours. */
export class SpaceDirectory {
  readonly path: string;
  readonly name: string;

  constructor(root: string, name: string) {
    this.name = name;
    this.path = join(root, "spaces", name);
  }

  file(name: "home" | "tmp" | "etc" | "log" | "status" | "run.json" | "space.json"): string {
    return join(this.path, name);
  }

  space(): Promise<SpaceRecord | null> {
    return readJson<SpaceRecord>(this.file("space.json"));
  }

  run(): Promise<RunRecord | null> {
    return readJson<RunRecord>(this.file("run.json"));
  }

  async recordRun(run: RunRecord): Promise<void> {
    await writeDurably(this.file("run.json"), JSON.stringify(run));
    await rm(this.file("status"), { force: true });
  }

  /** Appears complete or not at all: it is made aside and then renamed. */
  async make(record: SpaceRecord): Promise<void> {
    const aside = join(this.path, "..", `.new-${randomUUID()}`);
    await mkdir(aside, { recursive: true, mode: 0o700 });
    for (const [name, mode] of [
      ["home", 0o750],
      ["tmp", 0o1777],
      ["etc", 0o755],
    ] as const) {
      await mkdir(join(aside, name));
      await chmod(join(aside, name), mode);
    }
    await chown(join(aside, "home"), record.uid, record.uid);
    await writeUsers(join(aside, "etc"), uidInside(record));
    await writeDurably(join(aside, "space.json"), JSON.stringify(record));
    await rename(aside, this.path);
  }

  /** Disappears at once; what cannot be deleted in one go is retried by `sweep`. */
  async remove(): Promise<void> {
    const aside = join(this.path, "..", `.gone-${randomUUID()}`);
    await rename(this.path, aside).catch(ignoreMissing);
    await rm(aside, { recursive: true, force: true });
  }
}

/** Names of all spaces under `root`, whoever's; half-made and half-removed ones are deleted on the way. */
export async function spaceNames(root: string): Promise<readonly string[]> {
  return (await readdir(join(root, "spaces")).catch(() => [])).filter((name) => !name.startsWith("."));
}

/** Deletes what a crash left between two steps of `make` or `remove`. */
export async function sweep(root: string): Promise<void> {
  const names = await readdir(join(root, "spaces")).catch(() => []);
  for (const name of names.filter((each) => each.startsWith("."))) {
    await rm(join(root, "spaces", name), { recursive: true, force: true });
  }
}

async function writeUsers(etc: string, uid: number): Promise<void> {
  const users = [
    `root:x:0:0::/root:/bin/sh`,
    `dev:x:${uid}:${uid}::/home/dev:/bin/sh`,
    "nobody:x:65534:65534::/:/bin/false",
  ];
  const groups = ["root:x:0:", `dev:x:${uid}:`, "nogroup:x:65534:"];
  await writeFile(join(etc, "passwd"), `${users.join("\n")}\n`);
  await writeFile(join(etc, "group"), `${groups.join("\n")}\n`);
}

/** The parsed file; null when it does not exist. */
export async function readJson<T>(path: string): Promise<T | null> {
  const text = await readFile(path, "utf8").catch(ignoreMissing);
  return text === undefined ? null : (JSON.parse(text) as T);
}

/** Replaces a file so that a crash leaves the old or the new one, and power loss too. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const handle = await open(aside, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, path);
}

/** For `catch`: undefined when there is no such file. */
function ignoreMissing(thrown: unknown): undefined {
  if ((thrown as { code?: string }).code !== "ENOENT") throw thrown;
  return undefined;
}

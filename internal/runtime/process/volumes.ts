import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, chown, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "../../problem/problem.ts";
import { readJson, type VolumeRecord, writeDurably } from "./directory.ts";

/** Volumes as directories: `volumes/<name>/content`, beside a record of whose it is. */
export class DirectoryVolumes {
  readonly #root: string;
  readonly #instanceId: string;

  constructor(root: string, instanceId: string) {
    this.#root = join(root, "volumes");
    this.#instanceId = instanceId;
  }

  contentOf(volume: string): string {
    return join(this.#root, volume, "content");
  }

  async ensure(volume: string, spaceId: string, uid: number): Promise<void> {
    const found = await this.#record(volume);
    if (found !== null && found.instance_id !== this.#instanceId) throw foreignVolume(volume);
    if (found !== null) return;
    const aside = join(this.#root, `.new-${randomUUID()}`);
    await mkdir(join(aside, "content"), { recursive: true, mode: 0o700 });
    await chmod(join(aside, "content"), 0o755);
    await chown(join(aside, "content"), uid, uid);
    const record: VolumeRecord = { instance_id: this.#instanceId, space_id: spaceId };
    await writeDurably(join(aside, "volume.json"), JSON.stringify(record));
    await rename(aside, join(this.#root, volume));
  }

  async list(): Promise<readonly { readonly volume: string; readonly space_id: string }[]> {
    const names = (await readdir(this.#root).catch(() => [])).filter((name) => !name.startsWith("."));
    const records = await Promise.all(names.map(async (volume) => ({ volume, record: await this.#record(volume) })));
    return records.flatMap(({ volume, record }) =>
      record?.instance_id === this.#instanceId ? [{ volume, space_id: record.space_id }] : [],
    );
  }

  /** As files are counted on disk, without what the daemon may not read. */
  async sizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const { volume } of await this.list()) {
      const options = { signal, encoding: "utf8", env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } } as const;
      // it ends with 1 for a file that went away meanwhile, and has printed the sum all the same
      const printed = await promisify(execFile)("du", ["-sk", this.contentOf(volume)], options).then(
        ({ stdout }) => stdout,
        (thrown: { stdout?: string }) => thrown.stdout ?? "",
      );
      const kib = /^\d+/.exec(printed)?.[0];
      if (kib !== undefined) sizes.set(volume, Number(kib) * 1024);
    }
    return sizes;
  }

  async remove(volume: string): Promise<void> {
    const found = await this.#record(volume);
    if (found === null) return;
    if (found.instance_id !== this.#instanceId) throw foreignVolume(volume);
    const aside = join(this.#root, `.gone-${randomUUID()}`);
    await rename(join(this.#root, volume), aside);
    await rm(aside, { recursive: true, force: true });
  }

  #record(volume: string): Promise<VolumeRecord | null> {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(volume)) {
      throw new Problem(
        "invalid_input",
        `${volume} is not a name of a volume: letters, digits, ".", "_" and "-" only.`,
      );
    }
    return readJson<VolumeRecord>(join(this.#root, volume, "volume.json"));
  }
}

function foreignVolume(volume: string): Problem {
  const detail = `The directory of volume ${volume} belongs to another installation. It was left alone; choose another directory.`;
  return new Problem("runtime_failed", detail);
}

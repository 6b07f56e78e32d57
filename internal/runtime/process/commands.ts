import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandMark, killFamily } from "../family.ts";
import type { SpaceDirectory } from "./directory.ts";
import { startOf } from "./identity.ts";

/**
 * Commands under way, each in a file before it begins: the next daemon finds there what this one can no longer end.
 * What a command leaves in the background is not among them once it has ended itself.
 */
export class CommandRecords {
  readonly #live = new Set<string>();

  /** `pid` is the first process of the command as this machine numbers it. */
  async begin(directory: SpaceDirectory, mark: string, pid: number): Promise<void> {
    this.#live.add(mark);
    await mkdir(join(directory.path, "commands"), { mode: 0o700 }).catch(ignoreExisting);
    await writeFile(join(directory.path, "commands", mark), `${pid} ${await startOf(pid)}`);
  }

  async end(directory: SpaceDirectory, mark: string): Promise<void> {
    this.#live.delete(mark);
    await rm(join(directory.path, "commands", mark), { force: true });
  }

  /** Ends what an earlier daemon ran and nobody waits for any more. */
  async endStrays(directory: SpaceDirectory): Promise<void> {
    const marks = await readdir(join(directory.path, "commands")).catch(() => []);
    for (const mark of marks.filter((each) => !this.#live.has(each))) {
      const path = join(directory.path, "commands", mark);
      const [pid = 0, start = ""] = (await readFile(path, "utf8").catch(() => "")).split(" ");
      // another process may have got its number since
      const runs = start !== "" && (await startOf(Number(pid))) === start;
      if (runs) await killFamily({ root: Number(pid), mark: `${commandMark}=${mark}` });
      await rm(path, { force: true });
    }
  }
}

function ignoreExisting(thrown: unknown): void {
  if ((thrown as { code?: string }).code !== "EEXIST") throw thrown;
}

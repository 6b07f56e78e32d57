import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const first = 100_000;

/** Numbers for users that own one space each on this machine, so that spaces cannot touch each other's processes and files. */
export class UserNumbers {
  readonly #root: string;

  constructor(root: string) {
    this.#root = join(root, "users");
  }

  /** The number of the space, the same as long as it is not freed. Making the file is the lock. */
  async of(spaceId: string): Promise<number> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const taken = await this.#taken();
    const known = taken.find(([, owner]) => owner === spaceId);
    if (known !== undefined) return known[0];
    const numbers = new Set(taken.map(([number]) => number));
    for (let number = first; ; number++) {
      if (!numbers.has(number) && (await this.#take(number, spaceId))) return number;
    }
  }

  async free(spaceId: string): Promise<void> {
    for (const [number, owner] of await this.#taken()) {
      if (owner === spaceId) await rm(join(this.#root, String(number)), { force: true });
    }
  }

  async #taken(): Promise<readonly (readonly [number, string])[]> {
    const names = await readdir(this.#root).catch(() => []);
    return Promise.all(
      names.map(
        async (name) => [Number(name), await readFile(join(this.#root, name), "utf8").catch(() => "")] as const,
      ),
    );
  }

  async #take(number: number, spaceId: string): Promise<boolean> {
    try {
      await writeFile(join(this.#root, String(number)), spaceId, { flag: "wx" });
      return true;
    } catch (thrown) {
      if ((thrown as { code?: string }).code === "EEXIST") return false;
      throw thrown;
    }
  }
}

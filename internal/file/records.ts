import { shownPath } from "./path.ts";
import type { FileEntry, FileType } from "./schema.ts";

/** The file type bits of st_mode (inode(7)). */
const types: Readonly<Record<number, FileType>> = {
  4096: "pipe",
  8192: "device",
  16384: "directory",
  24576: "device",
  32768: "file",
  40960: "symlink",
  49152: "socket",
};

/**
 * Reads the records of the find script as they come. The mark in front of each is random, so that no file name can
 * imitate one, whatever characters it has.
 */
export class Records {
  readonly #mark: Buffer;
  readonly #onEntry: (entry: FileEntry) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(mark: string, onEntry: (entry: FileEntry) => void) {
    this.#mark = Buffer.from(`${mark} `);
    this.#onEntry = onEntry;
  }

  /** Returns true: it never has enough. */
  add(chunk: Buffer): boolean {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const next = this.#rest.indexOf(this.#mark, this.#mark.length);
      if (next < 0) return true;
      this.#take(this.#rest.subarray(0, next));
      this.#rest = this.#rest.subarray(next);
    }
  }

  end(): void {
    if (this.#rest.length > 0) this.#take(this.#rest);
  }

  #take(record: Buffer): void {
    const text = record.subarray(this.#mark.length).toString("utf8");
    const match = /^([0-9a-f]+) (\d+) (-?\d+) (.*)\n$/s.exec(text);
    if (match === null) return;
    const [, mode = "", size = "", modified = "", path = ""] = match;
    const bits = Number.parseInt(mode, 16);
    this.#onEntry({
      path: shownPath(path),
      type: types[bits & 0xf000] ?? "device",
      size_bytes: Number(size),
      mode: (bits & 0o7777).toString(8).padStart(4, "0"),
      modified_at: Number(modified) * 1000,
    });
  }
}

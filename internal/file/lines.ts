import { shownPath } from "./path.ts";
import type { FoundLine } from "./schema.ts";

const textLimit = 500;

/** Reads what the grep script prints as it comes: a header with the file's name behind a random mark, then its lines. */
export class Lines {
  readonly #mark: Buffer;
  readonly #onLine: (line: FoundLine, name: string) => boolean;
  #rest: Buffer = Buffer.alloc(0);
  #file = "";
  #name = "";
  #wanted = true;

  /** `onLine` also gets the bytes of the file's name, as Latin-1. It returns false when it has enough. */
  constructor(mark: string, onLine: (line: FoundLine, name: string) => boolean) {
    this.#mark = Buffer.from(`${mark} `);
    this.#onLine = onLine;
  }

  /** Returns false when enough was read. */
  add(chunk: Buffer): boolean {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#wanted) {
      const start = this.#rest.subarray(0, this.#mark.length);
      const isHeader = this.#mark.subarray(0, start.length).equals(start);
      // what could still become a header is not a line yet
      if (isHeader && start.length < this.#mark.length) break;
      const end = isHeader ? this.#rest.indexOf("\0\n") : this.#rest.indexOf(10);
      if (end < 0) break;
      const part = this.#rest.subarray(isHeader ? this.#mark.length : 0, end);
      this.#rest = this.#rest.subarray(end + (isHeader ? 2 : 1));
      if (isHeader) [this.#file, this.#name] = [shownPath(part.toString("utf8")), part.toString("latin1")];
      else this.#line(part);
    }
    return this.#wanted;
  }

  end(): void {
    const lines = this.#rest.toString("latin1").split("\n");
    let at = 0;
    for (const line of lines) {
      if (line !== "" && this.#wanted) this.#line(this.#rest.subarray(at, at + line.length));
      at += line.length + 1;
    }
  }

  #line(bytes: Buffer): void {
    const match = /^(\d+)([:-])(.*)$/s.exec(bytes.toString("utf8").replace(/\r$/, ""));
    if (match === null || bytes.includes(0)) return;
    const [, line = "", sign, text = ""] = match;
    const shown = text.length > textLimit ? `${text.slice(0, textLimit).toWellFormed()}...` : text;
    const found = { file: this.#file, line: Number(line), text: shown, is_match: sign === ":" };
    this.#wanted = this.#onLine(found, this.#name);
  }
}

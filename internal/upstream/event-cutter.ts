import { limits } from "./server.ts";

export class TooLarge extends Error {}

const boundary = /\r?\n\r?\n|\r\r/g;

/**
 * Cuts a stream of server-sent events into whole events and lets `keeps` decide on each. Throws TooLarge for one that
 * is larger than an answer may be.
 */
export class EventCutter {
  readonly #keeps: (event: string) => boolean;
  #parts: string[] = [];
  #size = 0;

  constructor(keeps: (event: string) => boolean) {
    this.#keeps = keeps;
  }

  /** The bytes of the events that end in this chunk and are kept. */
  push(chunk: Uint8Array): Uint8Array {
    // one character for one byte, so that no character of several bytes is cut in two
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    const before = this.#parts.at(-1)?.slice(-3) ?? "";
    const searched = before + text;
    const kept: string[] = [];
    let start = before.length;
    for (const {
      index,
      0: { length },
    } of searched.matchAll(boundary)) {
      const end = index + length;
      if (end <= start) continue;
      const event = this.#parts.join("") + searched.slice(start, end);
      this.#parts = [];
      this.#size = 0;
      start = end;
      if (this.#keeps(event)) kept.push(event);
    }
    const rest = searched.slice(start);
    if (rest !== "") this.#parts.push(rest);
    this.#size += rest.length;
    if (this.#size > limits.answerBytes) throw new TooLarge();
    return Buffer.from(kept.join(""), "latin1");
  }
}

/** The data of an event, as text of one character for each byte. */
export const dataOf = (event: string): string =>
  event
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5))
    .join("\n");

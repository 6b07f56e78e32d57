import { Writable } from "node:stream";

/** Control characters that are neither white space nor the start of a colour. */
const unsafe = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/g;

/** Keeps the beginning and the end of a stream in at most `limit` bytes, however much comes. */
export class Capture extends Writable {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;

  constructor(limit: number) {
    super();
    this.#headLimit = Math.floor(limit / 2);
    this.#tailLimit = limit - this.#headLimit;
  }

  get bytes(): number {
    return this.#total;
  }

  get cut(): boolean {
    return this.#total > this.#headLimit + this.#tailLimit;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#total += chunk.length;
    const room = this.#headLimit - this.#headBytes;
    const head = chunk.subarray(0, room);
    if (head.length > 0) this.#head.push(Buffer.from(head));
    this.#headBytes += head.length;
    if (chunk.length > room) this.#keepTail(chunk.subarray(room));
    done();
  }

  /** The text, with a line between its parts where some was left out. Bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    const [head, tail] = [Buffer.concat(this.#head), Buffer.concat(this.#tail)];
    if (!this.cut) return safe(Buffer.concat([head, tail]));
    const end = tail.subarray(Math.max(0, tail.length - this.#tailLimit));
    const lost = this.#total - head.length - end.length;
    const hint = `[${lost} bytes left out. To see more: raise max_output_bytes, or run it again with "> /tmp/out 2>&1" and use read_file.]`;
    return `${safe(withoutBrokenEnd(head))}\n${hint}\n${safe(withoutBrokenStart(end))}`;
  }

  /** The last line that is not empty, for people who wait. */
  lastLine(): string {
    const end = Buffer.concat(this.#tail.length > 0 ? this.#tail : this.#head.slice(-20)).subarray(-500);
    return (
      safe(withoutBrokenStart(end))
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1)
        ?.trim()
        .slice(0, 200) ?? ""
    );
  }

  #keepTail(chunk: Buffer): void {
    const kept = Buffer.from(chunk.subarray(Math.max(0, chunk.length - this.#tailLimit)));
    this.#tail.push(kept);
    this.#tailBytes += kept.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= this.#tailLimit) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
    // many tiny writes: one buffer instead of many, now and then
    if (this.#tail.length > 1000) this.#tail = [Buffer.concat(this.#tail)];
  }
}

const safe = (bytes: Buffer): string => bytes.toString("utf8").replace(unsafe, "\ufffd");

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function withoutBrokenStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start++;
  return bytes.subarray(start);
}

function withoutBrokenEnd(bytes: Buffer): Buffer {
  let lead = bytes.length - 1;
  while (lead > bytes.length - 4 && isContinuation(bytes[lead])) lead--;
  const first = bytes[lead] ?? 0;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead + length > bytes.length ? bytes.subarray(0, lead) : bytes;
}

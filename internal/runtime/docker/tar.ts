/** One member of an archive: a directory when `path` ends in "/", a symbolic link when `link` is set. */
export type TarEntry = {
  readonly path: string;
  readonly mode: number;
  readonly content?: Buffer;
  readonly link?: string;
  /** Numeric user; root when left out. */
  readonly owner?: number;
  /** Numeric group; the number of the owner when left out. */
  readonly group?: number;
};

/** A POSIX ustar archive; paths up to 100 bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap((entry) => [header(entry), padded(entry.content)]), Buffer.alloc(1024)]);
}

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const type = entry.link !== undefined ? "2" : entry.path.endsWith("/") ? "5" : "0";
  block.write(entry.path, 0, 100);
  block.write(octal(entry.mode, 8), 100);
  block.write(octal(entry.owner ?? 0, 8), 108);
  block.write(octal(entry.group ?? entry.owner ?? 0, 8), 116);
  block.write(octal(entry.content?.length ?? 0, 12), 124);
  block.write(octal(0, 12), 136);
  // The checksum is taken with its own field as blanks.
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write(entry.link ?? "", 157, 100);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padded(content: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** The regular files of an archive, as far as ustar headers describe them. */
export function entriesOf(archive: Buffer): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const text = (offset: number, length: number) =>
      archive.toString("utf8", at + offset, at + offset + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12), 8);
    const type = archive[at + 156] ?? 0;
    const content = archive.subarray(at + 512, at + 512 + size);
    if (type === 0x30 || type === 0)
      entries.push({ path: text(0, 100), mode: Number.parseInt(text(100, 8), 8), content });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}

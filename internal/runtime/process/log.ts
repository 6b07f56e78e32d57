import { open, stat, truncate, writeFile } from "node:fs/promises";

const keepBytes = 1024 * 1024;
const limitBytes = 10 * keepBytes;

/** The last lines of a log file, at most 1 MiB; empty when there is no file. */
export async function lastLines(path: string, lines: number): Promise<string> {
  const rows = (await tail(path)).toString("utf8").split("\n");
  const last = rows.at(-1) === "" ? rows.slice(0, -1) : rows;
  const wanted = lines > 0 ? last.slice(-lines) : [];
  return wanted.length === 0 ? "" : `${wanted.join("\n")}\n`;
}

/** Cuts a log that has become long to its end. What is printed meanwhile may be lost. */
export async function trimLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= limitBytes) return;
  const end = await tail(path);
  // Truncated, not replaced: the process holds the file open, and appends.
  await truncate(path, 0);
  await writeFile(path, end, { flag: "a" });
}

async function tail(path: string): Promise<Buffer> {
  const handle = await open(path, "r").catch(() => null);
  if (handle === null) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, keepBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

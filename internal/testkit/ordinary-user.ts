import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** Whether the tests run as root: then what is about ordinary users runs in `asOrdinaryUser`. */
export const isRoot = process.getuid?.() === 0;

/** Runs a test file again as another user; resolves to what it printed, or null when that user may not read it. */
export async function asOrdinaryUser(file: string, id: number): Promise<string | null> {
  if (!isOpen(file) || !isOpen(process.execPath)) return null;
  const env = { PATH: process.env["PATH"], TMPDIR: tmpdir() };
  const options = { uid: id, gid: id, env, cwd: tmpdir() };
  return (await promisify(execFile)(process.execPath, ["--test", file], options)).stdout;
}

/** Whether anybody may walk to it and read it. */
function isOpen(path: string): boolean {
  const found = statSync(path);
  return (found.mode & (found.isDirectory() ? 0o001 : 0o004)) !== 0 && (path === "/" || isOpen(dirname(path)));
}

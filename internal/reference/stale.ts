import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GeneratedFile } from "./reference.ts";

/** The files under `root` whose text is not what the code says, with the first line that differs. */
export function staleFiles(files: readonly GeneratedFile[], root: string): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const written = read(join(root, path));
    const wanted = text();
    if (written === wanted) return [];
    if (written === null) return [`${path} is missing`];
    const lines = written.split("\n");
    const line = wanted.split("\n").findIndex((each, at) => each !== lines[at]);
    return [`${path} is stale from line ${line < 0 ? lines.length : line + 1}`];
  });
}

/** Writes the files; untouched ones keep their time. Returns the paths that changed. */
export function writeFiles(files: readonly GeneratedFile[], root: string): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const file = join(root, path);
    const wanted = text();
    if (read(file) === wanted) return [];
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    return [path];
  });
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packaged } from "./packaged.ts";

const root = join(import.meta.dirname, "../..");

/** An executable that is there until it is disposed of. */
export type Built = Disposable & { readonly program: string };

/** What `make build` leaves in dist, built from the sources as they are; start it with `KNOT_NODE`. */
export async function buildProgram(): Promise<Built> {
  mkdirSync(join(root, ".cache"), { recursive: true });
  // below the root, where it finds node_modules as dist does
  const folder = mkdtempSync(join(root, ".cache/built-"));
  const how = ["build", "cmd", "--outDir", folder];
  await promisify(execFile)(process.execPath, [packaged("vite", "bin/vite.js"), ...how], { cwd: root });
  const program = join(folder, "knot");
  copyFileSync(join(root, "cmd/knot/knot.sh"), program);
  chmodSync(program, 0o755);
  return { program, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../config/config.ts";

/** The folder that holds everything knot must not lose, and what is read from it. */
export type DataDir = {
  readonly path: string;
  readonly database: string;
  /** Where process spaces live; the runtime makes it. */
  readonly spaces: string;
  /** 32 bytes; seals secrets at rest. */
  readonly key: Buffer;
  /** Marks the containers of this installation; never changes. */
  readonly instance_id: string;
};

/**
 * Creates the folder (0700) with a generated key (0600) on the first start, and refuses a folder, key or database that
 * others may read (security.md K4). Throws ConfigError with the command that mends it.
 */
export function openDataDir(folder: string, encrypt: string): DataDir {
  const path = resolve(folder);
  makeFolder(path);
  const database = join(path, "knot.db");
  const keyFile = join(path, "knot.key");
  refuseReadable(path, "700");
  for (const file of [keyFile, database]) if (existsSync(file)) refuseReadable(file, "600");
  const key =
    encrypt === ""
      ? Buffer.from(
          once(keyFile, () => randomBytes(32).toString("base64")),
          "base64",
        )
      : Buffer.from(encrypt, "base64");
  if (key.length !== 32)
    throw mistake(keyFile, "does not hold a key of 32 bytes in base64; restore it from your backup");
  return {
    path,
    database,
    spaces: join(path, "spaces"),
    key,
    instance_id: once(join(path, "instance"), () => randomUUID()),
  };
}

/** Takes the folder for this process until it ends, however it ends. Throws ConfigError while another daemon has it. */
export async function lockDataDir(path: string): Promise<void> {
  if (process.platform !== "linux") return;
  const server = createServer();
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", () =>
      reject(mistake(path, "is in use by another knot daemon; stop it first, or set another data_dir")),
    );
    // an abstract socket (unix(7)) is gone with its process, also after kill -9
    server.listen(`\0knot-${realpathSync(path)}`, () => resolve());
  });
}

/** Makes the folder and those above it one by one: Node's recursive mkdir never ends below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw mistake(path, "is not a folder; choose another data_dir");
    return;
  }
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  try {
    for (const folder of missing) mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    throw mistake(path, `cannot be made: ${(cause as Error).message}; choose another data_dir, or make it yourself`);
  }
}

function once(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileSync(file, `${make()}\n`, { mode: 0o600, flag: "wx" });
  return readFileSync(file, "utf8").trim();
}

function refuseReadable(path: string, mode: "600" | "700"): void {
  if ((statSync(path).mode & 0o077) === 0) return;
  throw mistake(path, `may be read by other users of this machine; run: chmod ${mode} ${path}`);
}

const mistake = (place: string, message: string) => new ConfigError([{ place, key: "", message }]);

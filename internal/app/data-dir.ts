import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../config/config.ts";
import { Problem } from "../problem/problem.ts";

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

type Options = {
  /** Make a key although there is a database that was made with another. */
  readonly newKey?: boolean;
};

/**
 * Creates the folder (0700) with a generated key (0600) on the first start, and refuses a folder, key or database that
 * others may read (security.md K4) or own. Throws ConfigError with the command that mends it, and `unavailable` where
 * the disk is full.
 */
export function openDataDir(folder: string, encrypt: string, options: Options = {}): DataDir {
  const path = resolve(folder);
  try {
    return openFolder(path, encrypt, options);
  } catch (thrown) {
    const { code, syscall, path: place = path, message } = thrown as NodeJS.ErrnoException;
    if (syscall === undefined) throw thrown;
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new Problem("unavailable", `There is no space left for ${path}. Free some and start again.`);
    throw mistake(place, `cannot be used: ${message}; this user has to be able to read and write it`);
  }
}

function openFolder(path: string, encrypt: string, options: Options): DataDir {
  makeFolder(path);
  const database = join(path, "knot.db");
  const keyFile = join(path, "knot.key");
  refuseStranger(path);
  refuseReadable(path, "700");
  for (const file of [keyFile, ...["", "-wal", "-shm"].map((end) => database + end)]) {
    if (existsSync(file)) refuseReadable(file, "600");
  }
  const key = Buffer.from(encrypt === "" ? keyIn(keyFile, database, options) : encrypt, "base64");
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

function keyIn(file: string, database: string, { newKey = false }: Options): string {
  const isFirst = !existsSync(database) || statSync(database).size === 0;
  if (!existsSync(file) && !isFirst && !newKey)
    throw mistake(
      file,
      "is missing, and what is secret in knot.db is sealed with it; restore it from your backup, or, when it is lost, run: knot admin new-key",
    );
  return once(file, () => randomBytes(32).toString("base64"));
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

/** What the file holds; the first time, what `make` gives. A crash or a full disk leaves the whole file or none. */
function once(file: string, make: () => string): string {
  if (!existsSync(file)) {
    const whole = `${file}.${process.pid}`;
    try {
      const handle = openSync(whole, "wx", 0o600);
      try {
        writeFileSync(handle, `${make()}\n`);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      // unlike a rename, a link never replaces what another process has made meanwhile
      linkSync(whole, file);
    } catch (cause) {
      if (!existsSync(file)) throw cause;
    } finally {
      rmSync(whole, { force: true });
    }
  }
  return readFileSync(file, "utf8").trim();
}

function refuseReadable(path: string, mode: "600" | "700"): void {
  if ((statSync(path).mode & 0o077) === 0) return;
  throw mistake(path, `may be read by other users of this machine; run: chmod ${mode} ${path}`);
}

/** Also root is refused: what it made there, the owner's daemon could not open. */
function refuseStranger(path: string): void {
  const { uid } = statSync(path);
  if (process.geteuid === undefined || uid === process.geteuid()) return;
  const owner = nameOf(uid);
  throw mistake(
    path,
    `belongs to the user ${owner}; run knot as that user (sudo -u ${owner} ...), or set another data_dir`,
  );
}

/** As sudo takes it: the name where the machine's own list has one, else #uid. */
function nameOf(uid: number): string {
  const users = existsSync("/etc/passwd") ? readFileSync("/etc/passwd", "utf8").split("\n") : [];
  return users.find((line) => line.split(":")[2] === String(uid))?.split(":")[0] ?? `#${uid}`;
}

const mistake = (place: string, message: string) => new ConfigError([{ place, key: "", message }]);

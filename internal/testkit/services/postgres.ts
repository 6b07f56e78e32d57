import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startDaemon } from "./daemon.ts";
import { postgresPrograms } from "./packages.ts";
import type { Service } from "./service.ts";

/** A PostgreSQL of its own on a free port of the loopback, without passwords and without fsync, deleted when it stops. */
export async function startPostgres(): Promise<Service> {
  const named = process.env["KNOT_TEST_POSTGRES"];
  if (named !== undefined) return { env: { KNOT_TEST_POSTGRES: named }, stop: async () => {} };
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error("the package postgresql is not installed.");
  const root = mkdtempSync(join(tmpdir(), "kp-"));
  // It refuses to run as root.
  const user: { uid?: number; gid?: number } = process.getuid?.() === 0 ? postgresUser() : {};
  if (user.uid !== undefined && user.gid !== undefined) chownSync(root, user.uid, user.gid);
  const files = join(root, "files");
  try {
    const options = ["-D", files, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
    execFileSync(join(programs, "initdb"), options, { ...user, cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    const port = await freePort();
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];
    const daemon = await startDaemon({
      argv: [
        join(programs, "postgres"),
        ...["-D", files, "-p", String(port), "-k", root, "-c", "listen_addresses=127.0.0.1"],
        ...settings.flatMap((setting) => ["-c", setting]),
      ],
      log: join(root, "log"),
      ready: () => answers(url),
      ...user,
    });
    const stop = async () => {
      // SIGINT is its "fast" shutdown: connections are closed, not waited for.
      await daemon.stop("SIGINT");
      rmSync(root, { recursive: true, force: true });
    };
    return { env: { KNOT_TEST_POSTGRES: url }, stop };
  } catch (thrown) {
    rmSync(root, { recursive: true, force: true });
    throw thrown;
  }
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  // The server ends the connection when it stops.
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

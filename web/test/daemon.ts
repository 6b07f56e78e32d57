import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const main = join(import.meta.dirname, "../../cmd/knot/main.ts");
const withoutEngines = ["--server-docker-enabled", "never", "--server-podman-enabled", "never"];

/** The real daemon in a folder of its own, with spaces that are sandboxed processes; it ends with the test. */
export async function startDaemon(t: TestContext): Promise<{ readonly origin: string; readonly setupUrl: string }> {
  const folder = await mkdtemp(join(tmpdir(), "knot-walk-"));
  const listen = ["--data-dir", join(folder, "data"), "--server-listen", `127.0.0.1:${await freePort()}`];
  const daemon = spawn(process.execPath, [main, "server", ...listen, ...withoutEngines], { cwd: folder });
  const ended = once(daemon, "exit");
  t.after(async () => {
    daemon.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const setupUrl = await linkIn(daemon.stdout, ended);
  return { origin: new URL(setupUrl).origin, setupUrl };
}

/** The one-time link, once the daemon has said that it is ready. */
async function linkIn(output: NodeJS.ReadableStream, ended: Promise<unknown>): Promise<string> {
  let text = "";
  const ready = new Promise<string>((resolve) => {
    output.on("data", (chunk) => {
      text += chunk;
      const link = /http\S+\/setup\?token=\S+/.exec(text)?.[0];
      if (link !== undefined && text.includes("is ready at")) resolve(link);
    });
  });
  const early = ended.then(() => Promise.reject(new Error(`The daemon ended before it was ready:\n${text}`)));
  return Promise.race([ready, early]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

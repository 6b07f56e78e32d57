import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createSocket } from "node:net";
import { ConfigError } from "../config/config.ts";
import type { Config } from "../config/schema.ts";
import { type App, createApp } from "./app.ts";
import { lockDataDir, openDataDir } from "./data-dir.ts";
import { createLog } from "./log.ts";
import { version } from "./version.ts";

/** Runs the daemon until SIGTERM or SIGINT; resolves to the exit code. What people should read goes to `print`. */
export async function runDaemon(config: Config, print: (line: string) => void): Promise<number> {
  const stop = stopSignal();
  const log = createLog(config.log.level);
  // what cannot work is refused before anything is made
  const tls = tlsOf(config);
  const { host, port } = await freeAddress(config.server.listen);
  const data = openDataDir(config.data_dir, config.server.encrypt);
  await lockDataDir(data.path);
  const url = (config.server.url || defaultUrl(host, port, tls !== undefined)).replace(/\/+$/, "");
  const app = await createApp({ config, data, url, log, tls });
  try {
    // what was approved before a crash is taken up again before anyone can ask
    await app.start();
    await listen(app, host, port);
    await greet(app, { url, config, print });
    const signal = await stop;
    log.info({ signal }, "stopping");
    // no new connections; those that are open may finish what they began
    app.server.server.close();
    await app.drain(config.server.shutdown_seconds * 1000);
  } finally {
    await app[Symbol.asyncDispose]();
  }
  return 0;
}

type Greeting = { readonly url: string; readonly config: Config; readonly print: (line: string) => void };

async function greet(app: App, { url, config, print }: Greeting): Promise<void> {
  for (const note of app.notes) print(note);
  if (config.server.mcp.enabled) print(`AI clients connect to ${url}/mcp.`);
  const setup = await app.identity.setup.issue();
  if (setup !== null) {
    print("");
    print("Nobody has an account yet. Create the first administrator within 15 minutes, with this link:");
    print(`  ${url}/setup?token=${setup.token}`);
    print("");
  }
  print(`knot ${version} is ready at ${url}`);
}

const signals = ["SIGTERM", "SIGINT"] as const;

/** What sends one signal to a process and to its group, as timeout(1) does, sends two within this time. */
const sameSignalMs = 500;

/** The first of the signals that ask a daemon to end; a later one ends it at once. */
async function stopSignal(): Promise<NodeJS.Signals> {
  const [signal] = (await Promise.race(signals.map((name) => once(process, name)))) as [NodeJS.Signals];
  const first = performance.now();
  for (const name of signals) {
    process.on(name, () => {
      if (performance.now() - first > sameSignalMs) process.exit(1);
    });
  }
  return signal;
}

async function listen(app: App, host: string, port: number): Promise<void> {
  await app.server.listen({ host, port }).catch((cause) => {
    throw notListening(`${host}:${port}`, cause);
  });
}

/** Port 0 means any free one; the port has to be known before the rest is made, because addresses contain it. */
async function freeAddress(address: string): Promise<{ host: string; port: number }> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "") || "::";
  const port = Number(address.slice(colon + 1));
  const socket = createSocket();
  try {
    socket.listen(port, host);
    await once(socket, "listening");
    return { host, port: (socket.address() as { port: number }).port };
  } catch (cause) {
    // a machine without IPv6 has no [::]
    const isMissing = ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes((cause as NodeJS.ErrnoException).code ?? "");
    if (host === "::" && isMissing) return freeAddress(`0.0.0.0:${port}`);
    throw notListening(address, cause);
  } finally {
    if (socket.listening) await new Promise((resolve) => socket.close(resolve));
  }
}

function notListening(address: string, cause: unknown): unknown {
  const why: Record<string, string> = {
    EADDRINUSE: "is taken by another program; stop it, or choose another address with --server-listen",
    EACCES: "is not allowed to this user; ports below 1024 need root",
    EADDRNOTAVAIL: "is not an address of this machine",
    ENOTFOUND: "is not an address of this machine",
  };
  const message = why[(cause as NodeJS.ErrnoException).code ?? ""];
  return message === undefined ? cause : new ConfigError([{ place: address, key: "server.listen", message }]);
}

function defaultUrl(host: string, port: number, secure: boolean): string {
  const name = host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${secure ? "https" : "http"}://${name}:${port}`;
}

function tlsOf({ server: { tls } }: Config): { cert: string; key: string } | undefined {
  if (tls.cert_file === "") return undefined;
  const read = (path: string, key: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw new ConfigError([{ place: path, key, message: `cannot be read: ${(error as Error).message}` }]);
    }
  };
  return { cert: read(tls.cert_file, "server.tls.cert_file"), key: read(tls.key_file, "server.tls.key_file") };
}

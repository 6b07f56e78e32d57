import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { testInstance } from "./instance.ts";

const main = join(import.meta.dirname, "../../cmd/knot/main.ts");

/** A real knot daemon in a process of its own. */
export type Daemon = AsyncDisposable & {
  /** http://127.0.0.1:PORT. */
  readonly origin: string;
  /** The one-time link of the first start; null when an account exists already. */
  readonly setup_url: string | null;
  readonly data_dir: string;
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => string;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, as a crash. The data folder stays. */
  kill(): Promise<void>;
};

export type DaemonOptions = {
  /** Kept when it is given; else a new folder that goes with the daemon. */
  readonly data_dir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags, such as --server-mcp-enabled=false. */
  readonly flags?: readonly string[];
  /** Text of its knot.toml, which then says where to listen and whether there is /mcp. */
  readonly config?: string;
  /** An executable to start in place of the sources. */
  readonly program?: string;
};

/** Starts `knot server` on a free loopback port with /mcp on, and resolves when it says that it is ready. */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), "knot-daemon-"));
  const data_dir = options.data_dir ?? join(folder, "data");
  // a folder of its own, so that no other knot.toml is read
  if (options.config !== undefined) writeFileSync(join(folder, "knot.toml"), options.config, { mode: 0o600 });
  const given = options.flags ?? [];
  if (!existsSync(data_dir)) {
    mkdirSync(data_dir, { recursive: true, mode: 0o700 });
    writeFileSync(join(data_dir, "instance"), `${testInstance()}\n`, { mode: 0o600 });
  }
  const usual = ["--server-listen=127.0.0.1:0", "--server-mcp-enabled=true"].filter(
    (flag) => !given.some((other) => other.startsWith(flag.slice(0, flag.indexOf("=")))),
  );
  const flags = [...(options.config === undefined ? usual : []), "--data-dir", data_dir, ...given];
  const [command, ...before] = options.program === undefined ? [process.execPath, main] : [options.program];
  const child = spawn(command, [...before, "server", ...flags], {
    cwd: folder,
    env: { ...withoutKnot(process.env), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const exited = once(child, "exit");
  const tidy = () => rmSync(folder, { recursive: true, force: true });
  const { origin, setup_url } = await ready(child, lines).catch((thrown: unknown) => {
    tidy();
    throw thrown;
  });
  return {
    origin,
    setup_url,
    data_dir,
    process: child,
    output: () => lines.join("\n"),
    async stop() {
      child.kill("SIGTERM");
      await exited;
      return child.exitCode;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
      tidy();
    },
  };
}

/** Where a daemon can keep its data over restarts; goes with the test. */
export function dataFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "knot-data-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "data");
}

/**
 * Runs another `knot` command against the same machine, such as `admin create-token`; resolves to what it printed. A
 * daemon that should have refused to start, and did start, is told to end.
 */
export async function runKnot(
  args: readonly string[],
  { stdin = "", env = {}, cwd }: { stdin?: string; env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...withoutKnot(process.env), ...env },
    stdio: "pipe",
  });
  const out: { stdout: string[]; stderr: string[] } = { stdout: [], stderr: [] };
  child.stdout.on("data", (chunk: Buffer) => {
    out.stdout.push(chunk.toString());
    if (args[0] === "server" && / is ready at /.test(chunk.toString())) child.kill("SIGTERM");
  });
  child.stderr.on("data", (chunk: Buffer) => out.stderr.push(chunk.toString()));
  child.stdin.end(stdin);
  await once(child, "close");
  return { code: child.exitCode, stdout: out.stdout.join(""), stderr: out.stderr.join("") };
}

async function ready(child: ChildProcess, lines: string[]): Promise<{ origin: string; setup_url: string | null }> {
  let setup_url: string | null = null;
  if (child.stdout === null) throw new Error("The daemon's output is not piped.");
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    setup_url = /https?:\/\/\S+\/setup\S+/.exec(line)?.[0] ?? setup_url;
    const origin = / is ready at (https?:\/\/\S+)$/.exec(line)?.[1];
    if (origin === undefined) continue;
    child.stdout.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
    child.stdout.resume();
    return { origin, setup_url };
  }
  throw new Error(`The daemon ended before it was ready:\n${lines.join("\n")}`);
}

const withoutKnot = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^KNOT_(?!TEST)/.test(name)));

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, runKnot, startDaemon } from "../testkit/daemon.ts";
import { dockerSocket } from "../testkit/needs.ts";

/** The daemon that is measured, with an administrator and a token, on a data folder of its own. */
export class Subject implements AsyncDisposable {
  readonly folder: string;
  readonly token: string;
  #daemon: Daemon;
  readonly #start: () => Promise<Daemon>;

  private constructor(folder: string, token: string, daemon: Daemon, start: () => Promise<Daemon>) {
    this.folder = folder;
    this.token = token;
    this.#daemon = daemon;
    this.#start = start;
  }

  static async open(): Promise<Subject> {
    const folder = mkdtempSync(join(tmpdir(), "knot-bench-"));
    const data_dir = join(folder, "data");
    const token = await createAdmin(folder, data_dir);
    const program = join(import.meta.dirname, "../../dist/knot");
    const start = () =>
      startDaemon({
        data_dir,
        flags: ["--server-docker-host", `unix://${dockerSocket()}`, "--log-level", "warn"],
        program,
      });
    return new Subject(folder, token, await start(), start);
  }

  get origin(): string {
    return this.#daemon.origin;
  }

  get pid(): number {
    return this.#daemon.process.pid ?? 0;
  }

  /** The header that opens every door. */
  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }

  /** One REST call; throws what the daemon says when it is not a 2xx. */
  async call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.origin}/api${path}`, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as Answer;
  }

  /** Stops the daemon, which takes no part in the time, and starts it again; resolves to the milliseconds until ready. */
  async restart(): Promise<number> {
    await this.#daemon[Symbol.asyncDispose]();
    const begin = performance.now();
    this.#daemon = await this.#start();
    return performance.now() - begin;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function createAdmin(folder: string, data_dir: string): Promise<string> {
  // a file of its own, so that the knot.toml of the working folder is not read
  const config = join(folder, "knot.toml");
  writeFileSync(config, "");
  const where = ["--config", config, "--data-dir", data_dir];
  const admin = async (stdin: string, ...args: readonly string[]) => {
    const { code, stdout, stderr } = await runKnot(["admin", ...args, ...where], { stdin });
    if (code !== 0) throw new Error(`knot admin ${args[0]}: ${stderr}`);
    return stdout.trim();
  };
  await admin("measure twice, cut once", "create-user", "--username", "bench", "--role", "admin", "--password-stdin");
  return admin("", "create-token", "--user", "bench", "--name", "bench", "--scope", "api", "--scope", "mcp");
}

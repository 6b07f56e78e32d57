import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { TestContext } from "node:test";
import type { ExecRequest, Exit, Runtime } from "../space/runtime.ts";

/** A "space" that is a temporary directory of this machine: commands run as child processes, for fast tests. */
export async function localSpace(t: TestContext) {
  const working_dir = await mkdtemp(join(tmpdir(), "knot-local-"));
  t.after(() => rm(working_dir, { recursive: true, force: true }));
  const runtime: Pick<Runtime, "exec"> = { exec: (_target, request, signal) => run(request, working_dir, signal) };
  const target = { space_id: "local", generation: 1, user_id: "ann" };
  return { id: "local", name: "local", target, runtime, working_dir, user: null };
}

function run(request: ExecRequest, cwd: string, signal: AbortSignal): Promise<Exit> {
  const [program = "", ...args] = request.argv;
  const child = spawn(program, args, {
    cwd: request.cwd ?? cwd,
    env: { PATH: process.env["PATH"], ...request.environment },
    detached: true,
  });
  const kill = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // it ended meanwhile
    }
  };
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  child.stdout.pipe(request.stdout, { end: false });
  child.stderr.pipe(request.stderr, { end: false });
  child.stdin.on("error", () => {});
  const { stdin } = request;
  if (stdin === undefined) child.stdin.end();
  else (stdin instanceof Readable ? stdin : Readable.from([stdin])).pipe(child.stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exit_code, ended) => {
      signal.removeEventListener("abort", kill);
      if (signal.aborted) reject(signal.reason);
      else resolve({ exit_code, signal: ended });
    });
  });
}

import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { Problem } from "../../problem/problem.ts";
import type { ExecRequest, Exit } from "../../space/runtime.ts";
import { abortedProblem } from "../aborted.ts";
import { exitFromStatus } from "../exit.ts";
import { commandMark, killFamily } from "../family.ts";
import { noDirectory } from "../refusals.ts";
import { writeAll } from "../write-all.ts";
import type { Argv } from "./isolation.ts";
import { type Prologue, prologueText } from "./prologue.ts";

/** How long output of children that stay behind is waited for after the command itself has ended. */
const lingerMs = 2_000;

/**
 * Runs `argv`, which begins with our prologue, and leaves nothing of it behind when `signal` is aborted. `begun` hears
 * of its process before the command itself begins.
 */
export async function execArgv(
  argv: Argv,
  prologue: Prologue,
  { mark, begun }: { readonly mark: string; readonly begun: (pid: number) => Promise<void> },
  request: ExecRequest,
  signal: AbortSignal,
): Promise<Exit> {
  const what = `Running ${request.argv[0]}`;
  if (signal.aborted) throw abortedProblem(signal, what);
  const child = spawn(argv[0] as string, argv.slice(1), {
    cwd: "/",
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    detached: true,
    stdio: [request.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe", "pipe", "pipe"],
  });
  const stop = new AbortController();
  const kill = async () => {
    stop.abort();
    child.kill("SIGKILL");
    await killFamily({ root: child.pid ?? 0, mark: `${commandMark}=${mark}` });
  };
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, name) =>
      resolve(code === null ? { exit_code: null, signal: name } : exitFromStatus(code)),
    );
  });
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(abortedProblem(signal, what));
    signal.addEventListener("abort", () => reject(abortedProblem(signal, what)), { once: true, signal: stop.signal });
  });
  const stdio = child.stdio as unknown as [Writable | null, Readable, Readable, Writable, Readable];
  if (request.stdin !== undefined) feed(request.stdin, stdio[0] as Writable);
  const refusal = text(stdio[4]);
  const outputs = Promise.all([
    carry(stdio[1], request.stdout, exited, stop.signal),
    carry(stdio[2], request.stderr, exited, stop.signal),
  ]);
  // Whoever loses the race must not be an unhandled rejection.
  outputs.catch(() => {});
  try {
    // nothing of the command runs before it has its prologue
    if (child.pid !== undefined) await begun(child.pid);
    send(stdio[3], prologueText(prologue));
    const [exit] = await Promise.race([Promise.all([exited, outputs]), aborted]);
    if ((await refusal) === "cwd\n") throw noDirectory(prologue.cwd);
    return exit;
  } catch (thrown) {
    await kill();
    if (thrown instanceof Problem) throw thrown;
    throw new Problem("runtime_failed", `${what} failed: ${(thrown as Error).message}.`, { cause: thrown });
  } finally {
    stop.abort();
    for (const stream of stdio) stream?.destroy();
  }
}

function send(target: Writable, content: string): void {
  // A process that is gone already does not read it.
  target.on("error", () => {});
  target.end(content);
}

function feed(source: Readable | Uint8Array, target: Writable): void {
  target.on("error", () => {});
  const stdin = source instanceof Readable ? source : Readable.from([source]);
  stdin.on("error", () => target.end());
  target.once("close", () => stdin.unpipe(target));
  stdin.pipe(target);
}

/** Copies with back pressure until the end, or until nothing more comes after the command has ended. */
async function carry(source: Readable, target: Writable, exited: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let last = Date.now();
  let reading = true;
  let ended = false;
  exited.then(
    () => {
      last = Date.now();
      ended = true;
    },
    () => {},
  );
  const watch = setInterval(() => {
    if (ended && reading && Date.now() - last > lingerMs) source.destroy();
  }, 250);
  try {
    for await (const chunk of source) {
      reading = false;
      await writeAll(target, chunk as Buffer, signal);
      reading = true;
      last = Date.now();
    }
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== "ERR_STREAM_PREMATURE_CLOSE") throw thrown;
  } finally {
    clearInterval(watch);
  }
}

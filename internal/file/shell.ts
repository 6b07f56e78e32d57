import { Writable } from "node:stream";
import type { Call } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import type { Exit, Runtime, Target } from "../space/runtime.ts";
import { refusalOf } from "./refusal.ts";

/** A space in which scripts can run. */
export type Workplace = {
  readonly id: string;
  readonly name: string;
  readonly target: Target;
  readonly runtime: Pick<Runtime, "exec">;
  readonly working_dir: string | null;
  readonly user: string | null;
};

type Script = {
  readonly text: string;
  readonly args: readonly string[];
  readonly path: string;
  /** Where a move goes. */
  readonly to?: string;
  readonly stdin?: Uint8Array | undefined;
  /** Takes the output as it comes; without it, it is collected. Returns false when it has enough. */
  readonly onOutput?: (chunk: Buffer) => boolean;
  /** How much it may print where it is collected. */
  readonly most_bytes?: number;
  readonly timeout_seconds?: number;
};

/** How a script ended, where the caller handles that itself. */
export type Ended = {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exit_code: number | null;
  readonly stopped: "enough" | "timeout" | null;
};

const usualBytes = 64 * 1024;

/** Runs the script and throws the problem it ended with. */
export async function runScript(call: Call, space: Workplace, script: Script): Promise<Buffer> {
  const { stdout, stderr, exit_code, stopped } = await runToEnd(call, space, script);
  if (stopped === "timeout") {
    throw new Problem(
      "timed_out",
      `The file operation on "${script.path}" took longer than ${secondsOf(script)} seconds.`,
    );
  }
  if (stopped === "enough") {
    throw new Problem("runtime_failed", `The file operation on "${script.path}" printed more than it should have.`);
  }
  if (exit_code === 0) return stdout;
  throw refusalOf(exit_code, script, stdout.toString("utf8", 0, 200), stderr);
}

/** Runs the script until its end, its time is over, or its reader has enough. */
export async function runToEnd(call: Call, space: Workplace, script: Script): Promise<Ended> {
  const enough = new AbortController();
  const timeout = AbortSignal.timeout(secondsOf(script) * 1000);
  const chunks: Buffer[] = [];
  let collected = 0;
  const collect = (chunk: Buffer) => {
    chunks.push(chunk);
    collected += chunk.length;
    return collected <= (script.most_bytes ?? usualBytes);
  };
  const take = script.onOutput ?? collect;
  let errors = "";
  const stdout = sink((chunk) => {
    if (!enough.signal.aborted && !take(chunk)) enough.abort();
  });
  const stderr = sink((chunk) => {
    errors = (errors + chunk.toString("utf8")).slice(-2000);
  });
  const request = {
    argv: ["sh", "-c", script.text, "sh", ...script.args],
    cwd: space.working_dir ?? undefined,
    user: space.user ?? undefined,
    environment: { LC_ALL: "C" },
    stdin: script.stdin,
    stdout,
    stderr,
  };
  let exit: Exit = { exit_code: null, signal: null };
  try {
    exit = await space.runtime.exec(space.target, request, AbortSignal.any([call.signal, timeout, enough.signal]));
  } catch (thrown) {
    if (call.signal.aborted || (!timeout.aborted && !enough.signal.aborted)) throw thrown;
  }
  if (call.signal.aborted) throw new Problem("cancelled", "The file operation was ended because its caller went away.");
  const stopped = enough.signal.aborted ? "enough" : timeout.aborted ? "timeout" : null;
  return { stdout: Buffer.concat(chunks), stderr: errors, exit_code: exit.exit_code, stopped };
}

const secondsOf = ({ timeout_seconds = 60 }: Pick<Script, "timeout_seconds">): number => timeout_seconds;

function sink(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(chunk);
      done();
    },
  });
}

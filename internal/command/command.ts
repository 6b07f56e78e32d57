import { posix } from "node:path";
import type { Call } from "../operation/call.ts";
import { type FieldError, Problem } from "../problem/problem.ts";
import type { Exit, Runtime, Target } from "../space/runtime.ts";
import { Capture } from "./capture.ts";
import type { CommandResult } from "./schema.ts";

/** Finds the running space a caller means. */
export interface SpaceAccess {
  /** Throws `not_found` for what the caller may not use, `conflict` for what is not running. */
  running(
    call: Call,
    ref: string,
  ): Promise<{
    readonly id: string;
    readonly name: string;
    readonly target: Target;
    readonly runtime: Pick<Runtime, "exec">;
    readonly working_dir: string | null;
    readonly user: string | null;
  }>;
}

export type CommandInput = {
  readonly space: string;
  readonly command?: string | undefined;
  readonly argv?: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
  readonly stdin_encoding: "utf8" | "base64";
  readonly timeout_seconds: number;
  readonly max_output_bytes: number;
  readonly user?: string | undefined;
};

/** Runs commands in spaces. Of one that is ended nothing is left; one that ends by itself may leave programs behind. */
export class Commands {
  readonly #spaces: SpaceAccess;

  constructor({ spaces }: { readonly spaces: SpaceAccess }) {
    this.#spaces = spaces;
  }

  async run(call: Call, input: CommandInput): Promise<CommandResult> {
    const argv = argvOf(input);
    const { target, runtime, working_dir, user } = await this.#spaces.running(call, input.space);
    const [stdout, stderr] = [new Capture(input.max_output_bytes), new Capture(input.max_output_bytes)];
    const request = {
      argv,
      cwd: cwdOf(input.cwd, working_dir),
      environment: input.env,
      user: input.user ?? user ?? undefined,
      stdin: stdinOf(input),
      stdout,
      stderr,
    };
    const start = performance.now();
    const timeout = AbortSignal.timeout(input.timeout_seconds * 1000);
    const reporting = setInterval(() => report(call, start, stdout, stderr), 1000);
    let exit: Exit;
    try {
      exit = await runtime.exec(target, request, AbortSignal.any([call.signal, timeout]));
    } catch (thrown) {
      if (call.signal.aborted || !timeout.aborted) throw thrown;
      exit = { exit_code: null, signal: "SIGKILL" };
    } finally {
      clearInterval(reporting);
    }
    if (call.signal.aborted) throw new Problem("cancelled", "The command was ended because its caller went away.");
    return {
      ...(timeout.aborted
        ? { exit_code: null, signal: exit.signal ?? "SIGKILL", timed_out: true }
        : { ...exit, timed_out: false }),
      stdout: stdout.text(),
      stderr: stderr.text(),
      stdout_bytes: stdout.bytes,
      stderr_bytes: stderr.bytes,
      stdout_cut: stdout.cut,
      stderr_cut: stderr.cut,
      duration_ms: Math.round(performance.now() - start),
      ...noteOn(input, exit, timeout.aborted, stderr),
    };
  }
}

function argvOf({ command, argv, args, env, user, cwd }: CommandInput): readonly string[] {
  if ((command === undefined) === (argv === undefined)) {
    throw wrong("/command", 'is needed, or else "argv", but not both');
  }
  for (const name of Object.keys(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw wrong("/env", `has a name that is no variable: ${JSON.stringify(name)}`);
  }
  const whole = command === undefined ? [...(argv ?? []), ...args] : ["sh", "-c", command, "sh", ...args];
  const texts = [...whole, ...Object.values(env), user ?? "", cwd ?? ""];
  if (texts.some((text) => text.includes("\0"))) {
    throw wrong(command === undefined ? "/argv" : "/command", "has a NUL character, which no command can take");
  }
  return whole;
}

function cwdOf(cwd: string | undefined, working_dir: string | null): string | undefined {
  if (cwd === undefined) return working_dir ?? undefined;
  if (cwd.startsWith("/")) return cwd;
  if (/^~(\/|$)/.test(cwd))
    throw wrong("/cwd", "begins with ~, which only a shell understands; give the absolute path");
  if (working_dir !== null) return posix.join(working_dir, cwd);
  throw wrong("/cwd", "must be absolute, because the template of this space names no working directory");
}

function stdinOf({ stdin, stdin_encoding }: CommandInput): Buffer | undefined {
  if (stdin_encoding === "base64" && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(stdin ?? "")) {
    throw wrong("/stdin", "is not base64");
  }
  return stdin === undefined ? undefined : Buffer.from(stdin, stdin_encoding);
}

/** What to do about an end that does not explain itself. */
function noteOn(input: CommandInput, exit: Exit, timedOut: boolean, stderr: Capture): { readonly note?: string } {
  if (timedOut) {
    const note =
      `It was ended with all its children after ${input.timeout_seconds} s. Raise timeout_seconds, or let a program that ` +
      'is to go on run in the background: "program > /tmp/log 2>&1 &".';
    return { note };
  }
  if (exit.signal === "SIGKILL") {
    return { note: "Something killed it: often the memory limit of the space, which get_space shows." };
  }
  const noShell = exit.exit_code === 127 && input.command !== undefined && stderr.text() === "sh: not found\n";
  return noShell ? { note: "The image of this space has no shell. Give argv instead of command." } : {};
}

function report(call: Call, start: number, stdout: Capture, stderr: Capture): void {
  const seconds = Math.round((performance.now() - start) / 1000);
  const line = stdout.lastLine() || stderr.lastLine();
  call.report({ message: line === "" ? `${seconds} s` : `${seconds} s: ${line}` });
}

function wrong(path: string, message: string): Problem {
  const errors: FieldError[] = [{ path, message }];
  return new Problem("invalid_input", `${path}: ${message}.`, { errors });
}

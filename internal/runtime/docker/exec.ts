import { addAbortSignal, type Duplex, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { Problem } from "../../problem/problem.ts";
import type { ExecRequest, Exit } from "../../space/runtime.ts";
import { exitFromStatus } from "../exit.ts";
import { commandMark } from "../family.ts";
import { WriteError, writeAll } from "../write-all.ts";
import type { Engine } from "./engine.ts";
import { messageOf } from "./engine.ts";
import { framesOf } from "./frames.ts";
import { killCommand } from "./kill.ts";
import { notStarted } from "./not-started.ts";
import type { CommandMarks } from "./strays.ts";

/** The engine reports a command that could not be started on the command's own standard output, in these words. */
const refusal = /^(OCI runtime exec failed|unable to find (user|group)|exec failed)/;

/** Runs a command in a running container, and leaves nothing of it behind when `signal` is aborted. */
export async function execIn(
  engine: Engine,
  container: Docker.Container,
  marks: CommandMarks,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<Exit> {
  const what = `Running ${request.argv[0]}`;
  const mark = marks.next();
  const command = await engine.ask(what, signal, () =>
    container.exec({ ...optionsOf(request, mark), abortSignal: signal }),
  );
  const kill = async () => {
    const ended = await killCommand(container, command, { mark: `${commandMark}=${mark}`, user: request.user });
    if (!ended) marks.lose(mark);
  };
  const starting = command.start({ hijack: true, stdin: request.stdin !== undefined });
  let socket: Duplex;
  try {
    socket = await engine.ask(what, signal, () => starting);
  } catch (thrown) {
    // What starts after nobody waits for it any more is still ended.
    if (signal.aborted) starting.then((late) => kill().finally(() => late.destroy())).catch(() => {});
    const { cause } = thrown as Problem;
    if (refusal.test(messageOf(cause))) return notStarted(messageOf(cause), request);
    throw thrown;
  }
  try {
    const refused = await relay(socket, request, signal);
    const { ExitCode: code, Pid: pid } = await ended(command, signal);
    if (refused === null) return exitFromStatus(code ?? 0);
    if (pid === 0) return await notStarted(refused.toString("utf8"), request);
    await writeAll(request.stdout, refused, signal);
    return exitFromStatus(code ?? 0);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    await kill();
    if (signal.aborted || !(thrown instanceof WriteError)) throw engine.problem(what, signal, thrown);
    throw new Problem("cancelled", `${what} was stopped: its output could not be written.`, { cause: thrown });
  } finally {
    socket.destroy();
  }
}

function optionsOf(request: ExecRequest, mark: string): Docker.ExecCreateOptions {
  const environment = { ...request.environment, [commandMark]: mark };
  return {
    Cmd: [...request.argv],
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    AttachStdin: request.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    ...(request.cwd === undefined ? {} : { WorkingDir: request.cwd }),
    ...(request.user === undefined ? {} : { User: request.user }),
  };
}

/** Carries bytes both ways until the command's output ends. Returns what may be a refusal to start it. */
async function relay(socket: Duplex, request: ExecRequest, signal: AbortSignal): Promise<Buffer | null> {
  addAbortSignal(signal, socket);
  // A command may end without reading its input: that is no failure.
  socket.on("error", () => {});
  const stdin = request.stdin === undefined ? undefined : readableOf(request.stdin);
  stdin?.on("error", () => socket.end());
  stdin?.pipe(socket);
  let held: Buffer | null = null;
  let first = true;
  try {
    for await (const { stream, bytes } of framesOf(socket)) {
      if (held !== null) await writeAll(request.stdout, held, signal);
      held = null;
      if (first && stream === "stdout" && refusal.test(bytes.toString("latin1", 0, 64))) held = bytes;
      else await writeAll(request[stream], bytes, signal);
      first = false;
    }
  } finally {
    stdin?.unpipe(socket);
  }
  return held;
}

function readableOf(source: Readable | Uint8Array): Readable {
  return source instanceof Readable ? source : Readable.from([source]);
}

/** The engine says "running" for a moment after the output has ended, and longer when a command closes its output early. */
async function ended(command: Docker.Exec, signal: AbortSignal): Promise<Docker.ExecInspectInfo> {
  for (let wait = 5; ; wait = Math.min(wait * 2, 250)) {
    const found = await command.inspect({ abortSignal: signal });
    if (!found.Running) return found;
    await sleep(wait, undefined, { signal });
  }
}

import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { commandMark } from "../family.ts";
import type { Engine } from "./engine.ts";
import { framesOf } from "./frames.ts";
import { killInside } from "./kill.ts";

/** Names for commands from which it can be told later which daemon ran them, and whether anybody waits for them. */
export class CommandMarks {
  /** This daemon's: what begins with another was run by one that is gone. */
  readonly #life = randomUUID();
  readonly #lost = new Set<string>();

  next(): string {
    return `${this.#life}.${randomUUID()}`;
  }

  /** The caller is gone, and the command could not be ended. */
  lose(mark: string): void {
    this.#lost.add(mark);
  }

  isStray(mark: string): boolean {
    return !mark.startsWith(this.#life) || this.#lost.has(mark);
  }

  ended(mark: string): void {
    this.#lost.delete(mark);
  }
}

/**
 * Prints process id and mark of every command that still runs: its parent is outside the container. What a command
 * left in the background when it ended has a parent inside. Needs only a POSIX shell and cat.
 */
const script = `
for dir in /proc/[0-9]*; do
  read -r line 2>/dev/null <$dir/stat || continue
  pid=\${dir#/proc/}
  set -- \${line##*) }
  if [ "$1" = Z ] || [ "$2" != 0 ] || [ "$pid" = 1 ] || [ "$pid" = $$ ]; then continue; fi
  env=$(cat $dir/environ 2>/dev/null)
  case "$env" in *${commandMark}=*) printf '%s %.73s\\n' $pid "\${env##*${commandMark}=}" ;; esac
done`;

/** Ends the commands of a running container that nobody waits for any more. */
export async function endStrays(
  engine: Engine,
  found: Docker.ContainerInspectInfo,
  marks: CommandMarks,
  signal: AbortSignal,
): Promise<void> {
  const container = engine.docker.getContainer(found.Id);
  for (const user of await usersOf(engine, found, signal)) {
    const printed = await engine.ask("Looking for commands nobody waits for", signal, () =>
      output(container, user, signal),
    );
    for (const [, pid = "", mark = ""] of printed.matchAll(/^(\d+) ([0-9a-f-]{36}(?:\.[0-9a-f-]{36})?)/gm)) {
      if (!marks.isStray(mark)) continue;
      await killInside(container, { mark: `${commandMark}=${mark}`, user }, pid, signal);
      marks.ended(mark);
    }
  }
}

/** Without capabilities one sees only what is one's own: looked at is as the container's user, and as all who run something. */
async function usersOf(
  { docker }: Engine,
  { ExecIDs }: Docker.ContainerInspectInfo,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  const running = await Promise.all(
    (ExecIDs ?? []).map((id) =>
      docker
        .getExec(id)
        .inspect({ abortSignal: signal })
        .catch(() => null),
    ),
  );
  const named = running.flatMap((each) => (each?.ProcessConfig as { user?: string } | undefined)?.user || []);
  return [undefined, ...new Set(named)];
}

async function output(container: Docker.Container, user: string | undefined, signal: AbortSignal): Promise<string> {
  const command = await container.exec({
    Cmd: ["/bin/sh", "-c", script],
    ...(user === undefined ? {} : { User: user }),
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  });
  const socket = await command.start({ hijack: true, stdin: false });
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  let text = "";
  try {
    for await (const { stream, bytes } of framesOf(socket)) if (stream === "stdout") text += bytes.toString("latin1");
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
  return text;
}

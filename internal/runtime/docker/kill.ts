import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { killFamily } from "../family.ts";

type Marked = {
  /** An assignment that the environment of the command and of all its children contains. */
  readonly mark: string;
  readonly user: string | undefined;
};

/**
 * Looks through /proc for the marked processes, everything in their sessions and all their descendants, and kills
 * until nothing is found. Needs only a POSIX shell and cat. $1 is the mark, $2 the command's own process id if known:
 * it finds a command that emptied its environment.
 */
const script = `
mark=$1 root=$2 round=0
has() { case "$1" in *" $2 "*) return 0 ;; esac; return 1; }
while [ $round -lt 20 ]; do
  round=$((round + 1)) pids=" $root " sids=" $root " table= victims=
  for dir in /proc/[0-9]*; do
    read -r line 2>/dev/null <$dir/stat || continue
    pid=\${dir#/proc/}
    set -- \${line##*) }
    if [ "$1" = Z ] || [ "$pid" = 1 ]; then continue; fi
    table="$table $pid:$2:$4"
    case "$(cat $dir/environ 2>/dev/null)" in *"$mark"*) pids="$pids$pid " ;; esac
  done
  grown=1
  while [ $grown = 1 ]; do
    grown=0
    for row in $table; do
      pid=\${row%%:*} sid=\${row##*:} parent=\${row#*:} parent=\${parent%%:*}
      if ! has "$pids" $pid && { has "$sids" $sid || has "$pids" $parent; }; then pids="$pids$pid " grown=1; fi
      if has "$pids" $pid && [ $sid -gt 1 ] && ! has "$sids" $sid; then sids="$sids$sid " grown=1; fi
    done
  done
  for row in $table; do has "$pids" \${row%%:*} && victims="$victims \${row%%:*}"; done
  [ -z "$victims" ] && exit 0
  kill -9 $victims 2>/dev/null
done
exit 1`;

/**
 * Ends a command with all its children: an exec outlives the client that asked for it. Works from inside, so it does
 * not matter where the engine is; where the image has no shell, from outside if the engine is on this machine.
 * Resolves to whether the command is known to have ended.
 */
export async function killCommand(container: Docker.Container, command: Docker.Exec, marked: Marked): Promise<boolean> {
  const deadline = AbortSignal.timeout(10_000);
  try {
    for (let wait = 10; ; wait = Math.min(wait * 2, 500)) {
      const { Running: running, Pid: pid, ContainerID: id } = await command.inspect({ abortSignal: deadline });
      const local = pid > 0 && (await isLocal(pid, id));
      const inner = local ? await innerPid(pid) : "";
      const cleaned = await killInside(container, marked, inner, deadline);
      if (!cleaned && local) await killFamily({ root: pid, mark: marked.mark, cgroup: id });
      if (!running) return true;
      await sleep(wait, undefined, { signal: deadline });
    }
  } catch {
    // The engine is gone or too slow: the caller is told why its command ended, and it is ended when the engine is back.
    return false;
  }
}

/** Ends what is marked, and the process `root` of the container with all its descendants; whether that could be done. */
export async function killInside(
  container: Docker.Container,
  marked: Marked,
  root: string,
  signal: AbortSignal,
): Promise<boolean> {
  const killer = await container.exec({
    Cmd: ["/bin/sh", "-c", script, "sh", marked.mark, root],
    // Without capabilities even root may signal only its own processes.
    ...(marked.user === undefined ? {} : { User: marked.user }),
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  });
  const socket = await killer.start({ hijack: true, stdin: false });
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve).once("error", resolve));
  signal.removeEventListener("abort", stop);
  const { ExitCode: code, Pid: pid } = await killer.inspect({ abortSignal: signal });
  return code === 0 && pid > 0;
}

/** True when the engine's process id means the same process on this machine. */
async function isLocal(pid: number, containerId: string): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "")).includes(containerId);
}

/** The process id as the container sees it. */
async function innerPid(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return /^NSpid:.*\t(\d+)$/m.exec(status)?.[1] ?? "";
}

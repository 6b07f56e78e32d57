import { spawn } from "node:child_process";

/** Waits for the end of its standard input, which the daemon's end brings too, however it ends. */
const script = 'read -r _; kill -s TERM -- "-$1"; sleep 2; kill -s KILL -- "-$1"';

/**
 * A process that outlives a daemon which is killed, for as long as it takes to end the process group that the daemon
 * would have left behind. Returns the way to dismiss it, for when the group has ended.
 */
export function guardGroup(leader: number): () => void {
  const guardian = spawn("/bin/sh", ["-c", script, "knot-guardian", String(leader)], {
    stdio: ["pipe", "ignore", "ignore"],
    // a signal to the daemon's own group is not for it
    detached: true,
    env: process.env["PATH"] === undefined ? {} : { PATH: process.env["PATH"] },
  });
  guardian.on("error", () => {});
  guardian.stdin?.on("error", () => {});
  guardian.unref();
  return () => void guardian.kill("SIGKILL");
}

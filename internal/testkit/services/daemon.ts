import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type DaemonOptions = {
  readonly argv: readonly [string, ...string[]];
  readonly log: string;
  /** True when it answers. */
  readonly ready: () => Promise<boolean>;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
};

/** A program that was started here, and is ended by its number. */
export type Daemon = { stop(signal: NodeJS.Signals): Promise<void> };

/** Starts a program and waits until it answers; if it dies or stays silent, throws with the end of its log. */
export async function startDaemon({ argv, log, ready, uid, gid }: DaemonOptions): Promise<Daemon> {
  const file = openSync(log, "a");
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    stdio: ["ignore", file, file],
    // Ctrl-C at the terminal is for the runner, which then ends its services in order.
    detached: true,
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin` },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  closeSync(file);
  let failure: string | undefined;
  child.once("error", (thrown) => {
    failure = thrown.message;
  });
  for (let tries = 0; tries < 600 && failure === undefined && child.exitCode === null; tries++) {
    if (await ready()) return { stop: (signal) => end(child, signal) };
    await sleep(100);
  }
  await end(child, "SIGKILL");
  const tail = readFileSync(log, "utf8").trim().split("\n").slice(-20).join("\n  ");
  throw new Error(`${program} did not come up${failure === undefined ? "" : `: ${failure}`}. Its log says:\n  ${tail}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await gone;
  clearTimeout(late);
}

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../problem/problem.ts";
import type { Observed } from "../../space/runtime.ts";
import { killFamily } from "../family.ts";
import { membersOf, ranOutOfMemory, removeGroups } from "./control-groups.ts";
import type { RunRecord, SpaceDirectory, SpaceRecord } from "./directory.ts";
import { isRun, mainOf, pidsOfRun, statusFrom } from "./identity.ts";
import type { Argv } from "./isolation.ts";
import { runMark } from "./plain.ts";

/** A main process that is alive now. */
export type Running = { readonly pid: number; readonly run: RunRecord };

/** The space's main process if it is alive: found by what is written on disk, so a new daemon finds it too. */
export async function runningOf(directory: SpaceDirectory): Promise<Running | null> {
  const run = await directory.run();
  if (run === null) return null;
  const { pid, exit_code } = await statusFrom(directory.file("status"));
  return pid !== null && exit_code === null && (await isRun(pid, run.token)) ? { pid, run } : null;
}

export type MainStart = {
  readonly argvOf: (run: RunRecord) => Argv;
  readonly prologueOf: (run: RunRecord) => string;
  /** Makes the control groups, after those of the last run are gone. */
  readonly makeGroups: () => Promise<readonly string[]>;
};

/** Starts the main process so that it outlives the daemon. The prologue goes to its file descriptor 3. */
export async function startMain(
  directory: SpaceDirectory,
  { argvOf, prologueOf, makeGroups }: MainStart,
  signal: AbortSignal,
): Promise<void> {
  await endRun(directory);
  const run = { token: randomUUID(), started_at: Date.now(), groups: await makeGroups() };
  await directory.recordRun(run);
  const child = await spawnDetached(directory, argvOf(run));
  const failed = new Promise<string>((resolve) => {
    child.once("error", (thrown) => resolve(thrown.message));
    child.once("exit", (code) => resolve(`it ended with code ${code}`));
  });
  const input = child.stdio[3] as Socket;
  input.on("error", () => {});
  input.end(prologueOf(run), () => input.destroy());
  const ended = failed.then(async (why) => ({ why, ...(await statusFrom(directory.file("status"))) }));
  const found = await Promise.race([ended, statusWithin(directory, signal)]);
  child.unref();
  if (found.pid !== null) return;
  const log = (await readFile(directory.file("log"), "utf8")).trim().split("\n").slice(-3).join("; ");
  throw new Problem(
    "runtime_failed",
    `The sandbox did not start: ${"why" in found ? found.why : "no answer"} (${log}).`,
  );
}

async function spawnDetached(directory: SpaceDirectory, argv: Argv): Promise<ChildProcess> {
  const log = await open(directory.file("log"), "a", 0o600);
  const status = await open(directory.file("status"), "a", 0o600);
  try {
    return spawn(argv[0] as string, argv.slice(1), {
      cwd: "/",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      detached: true,
      stdio: ["ignore", log.fd, log.fd, "pipe", "ignore", status.fd],
    });
  } finally {
    await log.close();
    await status.close();
  }
}

async function statusWithin(directory: SpaceDirectory, signal: AbortSignal): Promise<{ pid: number | null }> {
  for (let tries = 0; tries < 500 && !signal.aborted; tries++) {
    const found = await statusFrom(directory.file("status"));
    // The status comes before the mounts; the main process only after them, so nobody enters a half-made sandbox.
    if (found.pid !== null && (found.exit_code !== null || (await mainOf(found.pid)) !== null)) return found;
    await sleep(10);
  }
  return { pid: null };
}

/** Asks the main process to end, and ends everything in the space after `graceSeconds`. */
export async function stopMain(directory: SpaceDirectory, graceSeconds: number, signal: AbortSignal): Promise<void> {
  const running = await runningOf(directory);
  if (running !== null && graceSeconds > 0) {
    kill((await mainOf(running.pid)) ?? running.pid, "SIGTERM");
    const deadline = performance.now() + graceSeconds * 1000;
    while (performance.now() < deadline && !signal.aborted && (await runningOf(directory)) !== null) await sleep(25);
  }
  await endRun(directory);
}

/** Kills whatever is left of the space's last run; a sandbox's first process takes all the others with it. */
async function endRun(directory: SpaceDirectory): Promise<void> {
  const run = await directory.run();
  if (run === null) return;
  for (let tries = 0; tries < 100; tries++) {
    const pids = await pidsOfRun(run.token);
    for (const pid of [...pids, ...(await membersOf(run.groups ?? []))]) kill(pid, "SIGKILL");
    await killFamily({ root: 0, mark: `${runMark}=${run.token}` });
    if (pids.length === 0) return removeGroups(run.groups ?? []);
    await sleep(20);
  }
  throw new Problem("runtime_failed", "The space's processes could not be ended; the kernel keeps them. Try again.");
}

function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** What the process runtime sees of a space. */
export async function observe(directory: SpaceDirectory, record: SpaceRecord): Promise<Observed> {
  const run = await directory.run();
  const running = await runningOf(directory);
  const state = running !== null ? "running" : run === null ? "created" : "exited";
  // Without a code it was killed together with the sandbox, as an engine says it: 128 + SIGKILL.
  const exit_code = run !== null && state === "exited" ? ((await exitCodeOf(directory, run)) ?? 137) : null;
  return {
    space_id: record.target.space_id,
    generation: record.target.generation,
    state,
    exit_code,
    oom_killed: exit_code === 137 && (await ranOutOfMemory(run?.groups ?? [])),
    health: null,
    created_at: record.created_at,
    started_at: run?.started_at ?? null,
  };
}

/** The code that the sandbox's monitor writes down; it does so a moment after the main process is gone. */
async function exitCodeOf(directory: SpaceDirectory, run: RunRecord): Promise<number | null> {
  for (let tries = 0; tries < 100; tries++) {
    const isMonitored = (await pidsOfRun(run.token)).length > 0;
    const { exit_code } = await statusFrom(directory.file("status"));
    if (exit_code !== null || !isMonitored) return exit_code;
    await sleep(10);
  }
  return null;
}

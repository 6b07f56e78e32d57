import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { asOrdinaryUser, isRoot } from "../testkit/ordinary-user.ts";
import { processRuntime } from "../testkit/process-runtime.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { hostImage, openProcessRuntime } from "./process.ts";

const never = new AbortController().signal;
/** Plain processes are refused to root; root runs this file again as an ordinary user. */
const plainTest = isRoot ? () => {} : test;

if (isRoot) {
  test("plain processes work for an ordinary user", async (t) => {
    const printed = await asOrdinaryUser(import.meta.filename, 65534);
    if (printed === null) return t.skip("the folder of the sources is closed to other users");
    assert.match(printed, /pass 3/);
  });
}

async function opened(t: TestContext) {
  const { runtime, options, make } = await processRuntime(t, "plain");
  return { runtime, target: await make(), options };
}

async function commandsWith(text: string): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return commands.filter((command) => command.includes(text)).length;
}

plainTest("a plain process runs commands in its own home and is found again", async (t) => {
  const { runtime, target, options } = await opened(t);
  await run(runtime, target, ["sh", "-c", "echo kept > file"]);
  const again = openProcessRuntime(options);
  assert.equal((await again.inspect(target, never))?.state, "running");
  assert.equal((await run(again, target, ["cat", "file"])).stdout, "kept\n");
  await again.stop(target, 5, never);
  assert.equal((await again.inspect(target, never))?.state, "exited");
});

/** The number of commands, once it is the expected one: the kernel shows a fork and a death a moment later. */
async function settled(text: string, expected: number): Promise<number> {
  for (let tries = 0; tries < 100 && (await commandsWith(text)) !== expected; tries++) await sleep(20);
  return commandsWith(text);
}

plainTest("a plain process takes its commands and their children with it", async (t) => {
  const { runtime, target } = await opened(t);
  const mark = `mark-${randomUUID()}`;
  const stdout = new PassThrough();
  const abort = new AbortController();
  stdout.once("data", () => abort.abort());
  const argv = ["sh", "-c", `setsid sh -c 'sleep 4242; : ${mark}' & echo up; sleep 4242; : ${mark}`];
  await assert.rejects(run(runtime, target, argv, { stdout, signal: abort.signal }), { code: "cancelled" });
  assert.equal(await settled(mark, 0), 0);
  await run(runtime, target, ["sh", "-c", `setsid sh -c 'sleep 4242; : ${mark}' >/dev/null 2>&1 & sleep 0.1`]);
  assert.equal(await settled(mark, 1), 1);
  await runtime.stop(target, 0, never);
  assert.equal(await settled(mark, 0), 0);
});

plainTest("a plain process tells how its main program ended", async (t) => {
  const { runtime } = await opened(t);
  const target = someTarget();
  await runtime.create(target, someSpec({ image: hostImage, command: ["sh", "-c", "echo said; exit 4"] }), never);
  await runtime.start(target, never);
  while ((await runtime.inspect(target, never))?.state === "running") await sleep(20);
  assert.equal((await runtime.inspect(target, never))?.exit_code, 4);
  assert.equal(await runtime.logs(target, 5, never), "said\n");
});

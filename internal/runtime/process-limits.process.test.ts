import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "../space/runtime.ts";
import { needs } from "../testkit/needs.ts";
import { asOrdinaryUser, isRoot } from "../testkit/ordinary-user.ts";
import { processRuntime } from "../testkit/process-runtime.ts";
import { run } from "./contract.ts";
import { ControlGroups } from "./process/control-groups.ts";

const never = new AbortController().signal;

async function opened(t: TestContext) {
  const { runtime, options, make } = await processRuntime(t);
  await runtime.check(never);
  /** What the kernel counts of a space, by the name of its file. */
  const kernelSays = async ({ space_id }: Target, file: string) => {
    const text = await readFile(join(options.directory, "spaces", `kn-${space_id}-1`, "run.json"), "utf8");
    const paths = (JSON.parse(text) as { groups: string[] }).groups.map((group) => join(group, file));
    return (await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")))).join("");
  };
  return { runtime, make, kernelSays };
}

const limits = { memory_bytes: 64 * 1024 ** 2, cpus: 0.25, pids: 32 };
/** Reads into memory as many bytes as it is told. */
const hoard = (megabytes: number) => ["sh", "-c", `head -c ${megabytes}M /dev/zero | tail -c ${megabytes}M | wc -c`];
const fork = "i=0; while [ $i -lt 100 ]; do sleep 3 & i=$((i+1)); done; echo all";

const groups = await ControlGroups.open(`knot-${randomUUID()}`);
const needsGroups = groups.held.size === 3 ? needs("process") : { skip: "the kernel gives no control groups" };

test("a sandbox as a whole has no more memory than its template says", needsGroups, async (t) => {
  const { runtime, make } = await opened(t);
  assert.deepEqual(runtime.enforcement, { memory: "space", cpus: "space", pids: "space" });
  const target = await make(limits);
  assert.equal((await run(runtime, target, hoard(16))).stdout.trim(), String(16 * 1024 ** 2));
  assert.notEqual((await run(runtime, target, hoard(200))).stdout.trim(), String(200 * 1024 ** 2));
  assert.equal((await runtime.inspect(target, never))?.state, "running");
});

test("a sandbox whose main process takes too much memory says that this was why it ended", needsGroups, async (t) => {
  const { runtime, make } = await opened(t);
  const command = ["sh", "-c", "x=$(head -c 200M /dev/zero | tr '\\0' a)"];
  const target = await make({ ...limits, command });
  let found = await runtime.inspect(target, never);
  for (; found?.state === "running"; found = await runtime.inspect(target, never)) await sleep(20);
  assert.deepEqual([found?.state, found?.exit_code, found?.oom_killed], ["exited", 137, true]);
});

test("a sandbox gets the share of the CPUs that its template says", needsGroups, async (t) => {
  const { runtime, make, kernelSays } = await opened(t);
  const target = await make(limits);
  await run(runtime, target, ["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]);
  // the kernel's own account: how long it took says nothing on a busy machine
  assert.match(await kernelSays(target, "cpu.stat"), /nr_throttled [1-9]/);
});

test("a sandbox has no more processes than its template says", needs("process"), async (t) => {
  const { runtime, make } = await opened(t);
  const [target, other] = [await make(limits), await make(limits)];
  assert.doesNotMatch((await run(runtime, target, ["sh", "-c", fork])).stdout, /all/);
  assert.equal((await run(runtime, other, ["sh", "-c", "(echo fine)"])).stdout, "fine\n");
});

if (isRoot) {
  test("sandboxes of an ordinary user have limits too", needs("process"), async (t) => {
    const printed = await asOrdinaryUser(import.meta.filename, 1002);
    if (printed === null) return t.skip("the folder of the sources is closed to other users");
    assert.match(printed, /pass [2-9]/);
  });
} else {
  test("one process cannot take the machine's memory where there are no control groups", async (t) => {
    if (groups.held.size > 0) return t.skip("there are");
    const { runtime, make } = await opened(t);
    assert.deepEqual(runtime.enforcement, { memory: "process", cpus: "none", pids: "space" });
    const target = await make(limits);
    const { stdout } = await run(runtime, target, ["sh", "-c", "ulimit -d"]);
    assert.equal(Number(stdout) * 1024, limits.memory_bytes + 1024 ** 3);
  });
}

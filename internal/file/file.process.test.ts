import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Problem } from "../problem/problem.ts";
import { someSpec, someTarget } from "../runtime/contract.ts";
import { hostImage, openProcessRuntime } from "../runtime/process.ts";
import type { Runtime, Target } from "../space/runtime.ts";
import { needs } from "../testkit/needs.ts";
import { caller, fileContract, filesIn, workplaceIn } from "./contract.ts";
import { runScript, type Workplace } from "./shell.ts";

const sha = (content: string): string => createHash("sha256").update(content).digest("hex");
const never = new AbortController().signal;
const directory = await mkdtemp(join(tmpdir(), "knot-files-"));
let started: Promise<{ runtime: Runtime; target: Target }> | null = null;

async function start() {
  const runtime = openProcessRuntime({ directory, instance_id: randomUUID(), isolation: "sandbox" });
  const target = someTarget();
  await runtime.create(target, someSpec({ image: hostImage }), never);
  await runtime.start(target, never);
  return { runtime, target };
}

after(async () => {
  const { runtime, target } = (await started) ?? {};
  if (runtime !== undefined && target !== undefined) await runtime.remove(target, never);
  await rm(directory, { recursive: true, force: true });
});

const open = async (): Promise<Workplace> => {
  started ??= start();
  return workplaceIn(await started);
};

fileContract({ name: "sandbox", needs: needs("process"), isOrdinary: true, open });

const ways = [
  "",
  "../".repeat(3),
  "../".repeat(20),
  "./../".repeat(8),
  "a/../../../../..//",
  "..//..//..//..//",
  "/proc/self/root",
  "/proc/1/root",
  "/proc/self/cwd/../../../..",
  "/proc/thread-self/root",
  "/dev/fd/../../..",
  "out",
  "%2e%2e/".repeat(5),
  "..\\".repeat(5),
  "‥/".repeat(4),
  "．．/".repeat(4),
  "..\0/",
  "file://",
  "\n../../..",
  "$HOME/../..",
  "`pwd`/../..",
  "-/../../..",
];

test("shows and changes nothing of this machine, whatever path is tried", needs("process"), async (t) => {
  const outside = await mkdtemp(join(tmpdir(), "knot-outside-"));
  t.after(() => rm(outside, { recursive: true, force: true }));
  await writeFile(join(outside, "secret"), "of this machine");
  const space = await open();
  await runScript(caller(), space, { text: 'ln -s / out; ln -s "$1" direct', args: [outside], path: "out" });
  const files = filesIn(space);
  const refused = async (attempt: Promise<unknown>, path: string) => {
    const problem = await attempt.then(
      () => null,
      (thrown: Problem) => thrown,
    );
    const expected = ["not_found", "conflict", "invalid_input"];
    assert.ok(problem !== null && expected.includes(problem.code), `${JSON.stringify(path)}: ${problem?.message}`);
  };
  for (const path of [...ways.map((way) => `${way}${outside}`), "direct"]) {
    await refused(files.read({ path: `${path}/secret` }), path);
    await refused(files.grep({ path, pattern: "machine" }), path);
    await refused(files.write({ path: `${path}/secret`, content: "x", mode: "append" }), path);
    await refused(files.delete({ path: `${path}/secret` }), path);
    await refused(files.move({ path: `${path}/secret`, to: "stolen" }), path);
  }
  assert.deepEqual(await readdir(outside), ["secret"]);
});

test("leaves the sandbox by no link that changes while it works", needs("process"), async (t) => {
  const outside = await mkdtemp(join(tmpdir(), "knot-outside-"));
  t.after(() => rm(outside, { recursive: true, force: true }));
  await writeFile(join(outside, "secret"), "of this machine");
  const space = await open();
  const stop = new AbortController();
  const swap = 'mkdir real; echo mine > real/secret; while :; do ln -sfn real x; ln -sfn "$1" x; done';
  const swapping = runScript(caller({ signal: stop.signal }), space, { text: swap, args: [outside], path: "x" });
  swapping.catch(() => {});
  const files = filesIn(space);
  for (let round = 0; round < 15; round++) {
    const read = await files.read({ path: "x/secret" }).catch(() => null);
    if (read !== null) assert.deepEqual([read.content, read.size_bytes, read.sha256], ["mine\n", 5, sha("mine\n")]);
    await files.write({ path: "x/secret", content: "mine\n" }).catch(() => {});
    await files.write({ path: "x/new", content: "x" }).catch(() => {});
  }
  stop.abort(new Error("enough"));
  await assert.rejects(swapping);
  assert.deepEqual(await readdir(outside), ["secret"]);
});

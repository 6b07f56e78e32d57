import assert from "node:assert/strict";
import { after, test } from "node:test";
import { someSpec, someTarget } from "../runtime/contract.ts";
import { openDockerRuntime } from "../runtime/docker.ts";
import type { Runtime, Target } from "../space/runtime.ts";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { caller, fileContract, filesIn, workplaceIn } from "./contract.ts";
import { runScript, type Workplace } from "./shell.ts";

const never = new AbortController().signal;
let started: Promise<{ runtime: Runtime; target: Target }> | null = null;

async function start() {
  const runtime = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: testInstance() });
  const target = someTarget();
  await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  await runtime.start(target, never);
  return { runtime, target };
}

after(async () => {
  const { runtime, target } = (await started) ?? {};
  if (runtime !== undefined && target !== undefined) await runtime.remove(target, never);
});

const open = async (): Promise<Workplace> => {
  started ??= start();
  return workplaceIn(await started);
};

fileContract({ name: "busybox", needs: needs("docker"), isOrdinary: true, open });

test("loses nothing on a disk that is full, and says so", needs("docker"), async () => {
  const space = await open();
  const { write, edit, read } = filesIn(space);
  const sh = (text: string) => runScript(caller(), space, { text, args: [], path: "" });
  const full = { code: "conflict", message: /disk of the space is full/ };
  const content = "one\n".repeat(2000);
  await write({ path: "/dev/shm/a", content });
  await sh("cd /dev/shm; mkdir shut; cp a shut/a; chmod 555 shut; cat /dev/zero > filler 2>/dev/null; rm -f none");
  try {
    for (const path of ["/dev/shm/a", "/dev/shm/shut/a"]) {
      await assert.rejects(write({ path, content: "x".repeat(100_000), mode: "append" }), full, path);
      await assert.rejects(write({ path, content: "x".repeat(100_000) }), full, path);
      assert.equal((await read({ path })).content, content, path);
    }
    const edits = [{ search: "one\n", replace: "two\n", expected_count: 2000 }];
    await assert.rejects(edit({ path: "/dev/shm/a", edits }), full);
    await assert.rejects(write({ path: "/dev/shm/new/b", content, make_parents: true }), full);
    assert.equal(String(await sh("ls -A /dev/shm")), "a\nfiller\nnew\nshut\n");
  } finally {
    await sh("chmod 755 /dev/shm/shut; rm -rf /dev/shm/*");
  }
});

test("names a read-only file system, and a volume that stays", needs("docker"), async () => {
  const space = { ...(await open()), user: "root" };
  const { write, delete: remove } = filesIn(space);
  const readOnly = { code: "conflict", message: /read-only/ };
  await assert.rejects(write({ path: "/sys/kernel/profiling", content: "x" }), readOnly);
  await assert.rejects(write({ path: "/sys/new", content: "x" }), readOnly);
  await assert.rejects(remove({ path: "/sys/kernel/profiling" }), readOnly);
  await write({ path: "/dev/shm/x", content: "x" });
  const emptied = remove({ path: "/dev/shm", recursive: true, confirm: true });
  await assert.rejects(emptied, { code: "conflict", message: /Everything in .* was deleted/ });
});

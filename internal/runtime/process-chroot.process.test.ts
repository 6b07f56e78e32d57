import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { needs } from "../testkit/needs.ts";
import { isRoot } from "../testkit/ordinary-user.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { hostImage, openProcessRuntime } from "./process.ts";

const never = new AbortController().signal;

/** Set where this file runs again in a chroot: a folder that is nowhere else. */
const marker = process.env["KNOT_TEST_CHROOT"];

if (marker === undefined && isRoot) {
  test("commands stay in the sandbox of a daemon that is in a chroot", needs("process"), async () => {
    const root = await mkdtemp(join(tmpdir(), "knot-chroot-"));
    const enter =
      'mount --rbind / "$1" && mount -t tmpfs none /mnt && mkdir /mnt/outside && exec chroot "$1" "$2" --test "$3"';
    const args = ["--mount", "sh", "-c", enter, "sh", root, process.execPath, import.meta.filename];
    const env = { PATH: process.env["PATH"], KNOT_TEST_CHROOT: "/mnt/outside" };
    try {
      assert.match((await promisify(execFile)("unshare", args, { env })).stdout, /pass 1/);
    } finally {
      await rmdir(root);
    }
  });
}

if (marker !== undefined) {
  test("a command sees the root of its sandbox", async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "knot-inside-"));
    const runtime = openProcessRuntime({ directory, instance_id: randomUUID(), isolation: "sandbox" });
    t.after(async () => {
      for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
      await rm(directory, { recursive: true, force: true });
    });
    const target = someTarget();
    await runtime.create(target, someSpec({ image: hostImage }), never);
    await runtime.start(target, never);
    const { stdout } = await run(runtime, target, ["sh", "-c", `cd /; pwd; ls -d ${marker} /root; cd; pwd`]);
    assert.equal(stdout, "/\n/home/dev\n");
  });
}

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { needs } from "../testkit/needs.ts";
import { isRoot } from "../testkit/ordinary-user.ts";
import { processRuntime } from "../testkit/process-runtime.ts";
import { run } from "./contract.ts";

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
    const { runtime, make } = await processRuntime(t);
    const target = await make();
    const { stdout } = await run(runtime, target, ["sh", "-c", `cd /; pwd; ls -d ${marker} /root; cd; pwd`]);
    assert.equal(stdout, "/\n/home/dev\n");
  });
}

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { needs } from "../testkit/needs.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { hostImage, openProcessRuntime } from "./process.ts";

const never = new AbortController().signal;
const isRoot = process.getuid?.() === 0;
const other = { uid: 1001, gid: 1001 };

if (isRoot) {
  test("sandboxes of an ordinary user know their user", needs("process"), async () => {
    const options = { ...other, env: { PATH: process.env["PATH"], TMPDIR: tmpdir() }, cwd: tmpdir() };
    const { stdout } = await promisify(execFile)(process.execPath, ["--test", import.meta.filename], options);
    assert.match(stdout, /pass 1/);
  });
} else {
  test("a sandbox finds the name of its user and group", async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "knot-user-"));
    const runtime = openProcessRuntime({ directory, instance_id: randomUUID(), isolation: "sandbox" });
    t.after(async () => {
      for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
      await rm(directory, { recursive: true, force: true });
    });
    const target = someTarget();
    await runtime.create(target, someSpec({ image: hostImage }), never);
    await runtime.start(target, never);
    assert.equal((await run(runtime, target, ["sh", "-c", "id -un; id -gn"])).stdout, "dev\ndev\n");
  });
}

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../testkit/needs.ts";
import { asOrdinaryUser, isRoot } from "../testkit/ordinary-user.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { hostImage, openProcessRuntime } from "./process.ts";

const never = new AbortController().signal;

if (isRoot) {
  test("sandboxes of an ordinary user know their user", needs("process"), async (t) => {
    const printed = await asOrdinaryUser(import.meta.filename, 1001);
    if (printed === null) return t.skip("the folder of the sources is closed to other users");
    assert.match(printed, /pass 1/);
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

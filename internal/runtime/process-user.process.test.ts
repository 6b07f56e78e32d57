import assert from "node:assert/strict";
import { test } from "node:test";
import { needs } from "../testkit/needs.ts";
import { asOrdinaryUser, isRoot } from "../testkit/ordinary-user.ts";
import { processRuntime } from "../testkit/process-runtime.ts";
import { run } from "./contract.ts";

if (isRoot) {
  test("sandboxes of an ordinary user know their user", needs("process"), async (t) => {
    const printed = await asOrdinaryUser(import.meta.filename, 1001);
    if (printed === null) return t.skip("the folder of the sources is closed to other users");
    assert.match(printed, /pass 1/);
  });
} else {
  test("a sandbox finds the name of its user and group", async (t) => {
    const { runtime, make } = await processRuntime(t);
    const target = await make();
    assert.equal((await run(runtime, target, ["sh", "-c", "id -un; id -gn"])).stdout, "dev\ndev\n");
  });
}

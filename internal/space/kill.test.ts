import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { SqlSpaces } from "../store/spaces.ts";
import { openStore } from "../store/store.ts";
import { FakeEngine } from "../testkit/runtime.ts";
import { addTemplate } from "../testkit/spaces.ts";

const program = join(import.meta.dirname, "../testkit/daemon-process.ts");

async function place(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "knot-kill-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const [database, engine] = [join(directory, "knot.db"), join(directory, "engine.json")];
  const store = await openStore({ kind: "sqlite", path: database });
  await addTemplate(store);
  await store[Symbol.asyncDispose]();
  const run = (action: string, failpoint = "") => {
    const env = { ...process.env, KNOT_FAILPOINT: failpoint };
    return spawnSync(process.execPath, [program, database, engine, action], { env, encoding: "utf8" });
  };
  const look = async () => {
    const opened = await openStore({ kind: "sqlite", path: database });
    const [space] = await new SqlSpaces(opened).named("dev");
    await opened[Symbol.asyncDispose]();
    const { containers, volumes } = new FakeEngine(engine).state;
    return {
      state: space?.state ?? "gone",
      containers: Object.values(containers).map(({ observed }) => observed.state),
      volumes: Object.keys(volumes).length,
    };
  };
  return { run, look };
}

describe("a daemon killed with SIGKILL", () => {
  for (const [action, point, expected] of [
    ["create", "store.insert:after", { state: "running", containers: ["running"], volumes: 1 }],
    ["create", "runtime.create:after", { state: "running", containers: ["running"], volumes: 1 }],
    ["create", "runtime.start:after", { state: "running", containers: ["running"], volumes: 1 }],
    ["stop", "runtime.stop:before", { state: "stopped", containers: ["exited"], volumes: 1 }],
    ["delete", "runtime.removeVolume:after", { state: "gone", containers: [], volumes: 0 }],
  ] as const) {
    test(`at ${point} of ${action} is finished by the next one`, async (t) => {
      const { run, look } = await place(t);
      if (action !== "create") assert.equal(run("create").status, 0);
      assert.equal(run(action, point).signal, "SIGKILL");
      assert.equal(run("settle").status, 0);
      assert.deepEqual(await look(), expected);
    });
  }
});

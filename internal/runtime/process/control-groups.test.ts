import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ControlGroups } from "./control-groups.ts";

/** A folder that looks like the unified hierarchy of a daemon in /box/knot.service, and what the kernel would say of it. */
function unified(t: TestContext, { own = "/box/knot.service", given = "cpu memory pids" } = {}) {
  const root = mkdtempSync(join(tmpdir(), "knot-groups-"));
  t.after(() => rmSync(root, { recursive: true }));
  const kernel = { mountinfo: join(root, "mountinfo"), own: join(root, "own") };
  const point = join(root, "fs");
  writeFileSync(kernel.mountinfo, `35 24 0:30 / ${point} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`);
  writeFileSync(kernel.own, `0::${own}\n`);
  for (const path of ["", "box", "box/knot.service", "box/knot-one", "knot-one"]) {
    const group = join(point, path);
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, "cgroup.controllers"), "cpuset cpu io memory pids\n");
    writeFileSync(join(group, "cgroup.subtree_control"), `${given}\n`);
    if (path !== "") writeFileSync(join(group, "cgroup.type"), "domain\n");
  }
  return { kernel, point, says: (path: string) => readFileSync(join(point, path), "utf8") };
}

const limits = { memory_bytes: 1024 ** 3, cpus: 1.5, pids: 100 };

describe("control groups of the unified hierarchy", () => {
  test("are beside the daemon's own, and have what the template says", async (t) => {
    const { kernel, point, says } = unified(t);
    const groups = await ControlGroups.open("knot-one", kernel);
    assert.deepEqual(groups.held, new Set(["memory", "cpu", "pids"]));
    const made = await groups.make("kn-space-1", limits);
    assert.deepEqual(made, [join(point, "box/knot-one/kn-space-1")]);
    assert.equal(says("box/knot-one/kn-space-1/memory.max"), "1073741824");
    assert.equal(says("box/knot-one/kn-space-1/memory.swap.max"), "0");
    assert.equal(says("box/knot-one/kn-space-1/cpu.max"), "150000 100000");
    assert.equal(says("box/knot-one/kn-space-1/pids.max"), "100");
  });

  test("are in the kernel's first group when the daemon is", async (t) => {
    const { kernel, point } = unified(t, { own: "/" });
    const groups = await ControlGroups.open("knot-one", kernel);
    assert.deepEqual(await groups.make("kn-space-1", limits), [join(point, "knot-one/kn-space-1")]);
  });

  test("are none where their memory is not the daemon's to limit", async (t) => {
    const { kernel, point } = unified(t, { given: "cpu pids" });
    // the kernel refuses: what is written changes nothing
    for (const path of ["box", "box/knot-one"]) {
      rmSync(join(point, path, "cgroup.controllers"));
      writeFileSync(join(point, path, "cgroup.controllers"), "cpu pids\n");
    }
    const groups = await ControlGroups.open("knot-one", kernel);
    assert.equal(groups.held.size, 0);
    assert.deepEqual(await groups.make("kn-space-1", limits), []);
  });

  test("are none in a container that sees only its own group", async (t) => {
    const { kernel, point } = unified(t, { own: "/" });
    writeFileSync(join(point, "cgroup.type"), "domain\n");
    assert.equal((await ControlGroups.open("knot-one", kernel)).held.size, 0);
  });

  test("are none where the kernel tells of none", async () => {
    const kernel = { mountinfo: "/nowhere", own: "/nowhere" };
    assert.equal((await ControlGroups.open("knot-one", kernel)).held.size, 0);
  });
});

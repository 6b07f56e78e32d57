import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Permission } from "../operation/permission.ts";
import { problemOf } from "../problem/problem.ts";
import { SqlVolumes } from "../store/volumes.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { newSpace, testSpaces } from "../testkit/spaces.ts";
import { Volumes } from "./volume.ts";

const dev = { space: "dev", wait_seconds: 30 };
const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (thrown) => problemOf(thrown).code,
  );

async function volumesOf(t: TestContext) {
  const kit = await testSpaces(t);
  const tidying: string[] = [];
  const tidy = (id: string) => {
    tidying.push(id);
    kit.spaces.tidy(id);
  };
  const volumes = new Volumes({
    store: new SqlVolumes(kit.store),
    tidy,
    orphaned: () => kit.orphans.list(),
    now: Date.now,
  });
  return { ...kit, volumes, tidying };
}

describe("volumes", () => {
  test("are listed with their space, for their owner", async (t) => {
    const { spaces, volumes } = await volumesOf(t);
    const made = await spaces.create(callOf(), newSpace());
    const { volumes: listed } = await volumes.list(callOf(), { limit: 10, all: false });
    assert.deepEqual(
      listed.map(({ id, space }) => [id, space.state]),
      [[`kn-${made.id}-home`, "running"]],
    );
    const stranger = callOf({ principal: principal({ user_id: "eve", permissions: new Set(["spaces.use"]) }) });
    assert.equal((await volumes.list(stranger, { limit: 10, all: true })).total, 0);
    assert.equal(await codeOf(volumes.delete(stranger, { volume: `kn-${made.id}-home`, confirm: true })), "not_found");
  });

  test("cannot be deleted while their space runs, nor without confirm", async (t) => {
    const { spaces, volumes } = await volumesOf(t);
    const volume = `kn-${(await spaces.create(callOf(), newSpace())).id}-home`;
    assert.equal(await codeOf(volumes.delete(callOf(), { volume, confirm: true })), "conflict");
    await spaces.stop(callOf(), dev);
    assert.equal(await codeOf(volumes.delete(callOf(), { volume, confirm: false })), "confirmation_required");
  });

  test("are made anew and empty after they were deleted", async (t) => {
    const { spaces, volumes, runtime } = await volumesOf(t);
    const made = await spaces.create(callOf(), newSpace());
    await spaces.stop(callOf(), dev);
    await volumes.delete(callOf(), { volume: `kn-${made.id}-home`, confirm: true });
    assert.equal((await spaces.start(callOf(), dev)).state, "running");
    const order = runtime.calls.filter((one) => /^(removeVolume|create)/.test(one));
    assert.deepEqual(order, [`create kn-${made.id}-1`, `removeVolume kn-${made.id}-home`, `create kn-${made.id}-2`]);
    assert.equal((await volumes.list(callOf(), { limit: 10, all: false })).total, 1);
  });

  test("outlive their space when asked to, and can be deleted then", async (t) => {
    const { spaces, volumes, runtime, reconciler, tidying } = await volumesOf(t);
    const made = await spaces.create(callOf(), newSpace());
    await spaces.delete(callOf(), { ...dev, confirm: true, force: false, keep_volumes: true });
    const volume = `kn-${made.id}-home`;
    const { volumes: listed } = await volumes.list(callOf(), { limit: 10, all: false });
    assert.deepEqual(
      listed.map(({ space, attached }) => [space.state, attached]),
      [[null, false]],
    );
    await volumes.delete(callOf(), { volume, confirm: true });
    assert.deepEqual(tidying, [made.id]);
    await reconciler.sweep();
    assert.deepEqual(runtime.engine.state.volumes, {});
  });

  test("shows volumes that no row knows to those who see everybody's", async (t) => {
    const { volumes, runtime, reconciler } = await volumesOf(t);
    runtime.engine.change((state) => {
      state.volumes["kn-gone-home"] = "gone";
    });
    await reconciler.sweep();
    const look = async (permissions: Permission[], all: boolean) => {
      const call = callOf({ principal: principal({ permissions: new Set(permissions) }) });
      return (await volumes.list(call, { all, limit: 10 })).orphaned;
    };
    assert.deepEqual(await look(["spaces.use", "spaces.manage"], true), [
      { id: "kn-gone-home", runtime: "docker", space_id: "gone" },
    ]);
    assert.deepEqual(await look(["spaces.use", "spaces.manage"], false), []);
    assert.deepEqual(await look(["spaces.use"], true), []);
    assert.equal(await codeOf(volumes.delete(callOf(), { volume: "kn-gone-home", confirm: true })), "not_found");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { callOf } from "../testkit/principal.ts";
import { newSpace, testSpaces } from "../testkit/spaces.ts";
import type { SpaceSpec } from "./runtime.ts";

const dev = { space: "dev", wait_seconds: 30 };
const spec = { volumes: [] } as unknown as SpaceSpec;

describe("the reconciler", () => {
  test("tells of a container that ended, with its exit code, and lets it start again", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    const made = await spaces.create(callOf(), newSpace());
    runtime.set({ space_id: made.id, generation: 1, user_id: "" }, { state: "exited", exit_code: 3 });
    await reconciler.sweep();
    const ended = await spaces.get(callOf(), dev);
    assert.deepEqual([ended.state, ended.desired], ["failed", "running"]);
    assert.match(ended.state_reason, /exit code 3/);
    assert.equal((await spaces.start(callOf(), dev)).state, "running");
  });

  test("says in words that a space ran out of memory", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    const made = await spaces.create(callOf(), newSpace());
    runtime.set(
      { space_id: made.id, generation: 1, user_id: "" },
      { state: "exited", exit_code: 137, oom_killed: true },
    );
    await reconciler.sweep();
    assert.match((await spaces.get(callOf(), dev)).state_reason, /ran out of memory \(its limit is 1 GiB\)/);
  });

  test("makes a container anew that was removed behind its back", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    await spaces.create(callOf(), newSpace());
    runtime.engine.change((state) => {
      state.containers = {};
    });
    await reconciler.sweep();
    assert.match((await spaces.get(callOf(), dev)).state_reason, /something outside knot removed it/);
    assert.equal((await spaces.start(callOf(), dev)).state, "running");
  });

  test("stops a container that runs although its space is stopped", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    const made = await spaces.create(callOf(), newSpace());
    await spaces.stop(callOf(), dev);
    runtime.set({ space_id: made.id, generation: 1, user_id: "" }, { state: "running" });
    await reconciler.sweep();
    assert.equal(Object.values(runtime.engine.state.containers)[0]?.observed.state, "exited");
  });

  for (const state of ["running", "exited"] as const) {
    test(`makes a stop come true that had failed while the engine was away, of what is ${state}`, async (t) => {
      const { spaces, runtime, reconciler } = await testSpaces(t, { timing: { deadlines: { stop: 30 } } });
      const made = await spaces.create(callOf(), newSpace());
      runtime.trouble("inspect", "unavailable", 1000);
      await assert.rejects(spaces.stop(callOf(), dev), { code: "runtime_failed" });
      runtime.heal();
      runtime.set({ space_id: made.id, generation: 1, user_id: "" }, { state });
      await reconciler.sweep();
      const stopped = await spaces.get(callOf(), dev);
      assert.deepEqual([stopped.state, stopped.state_reason], ["stopped", "Stopped"]);
      const { events } = await spaces.events(callOf(), { space: "dev", limit: 1 });
      assert.equal(events[0]?.message, "Stopped after all");
    });
  }

  test("leaves a space alone that was to be made without a start and could not be", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    runtime.trouble("create", "fail");
    await assert.rejects(spaces.create(callOf(), newSpace({ start: false })), { code: "runtime_failed" });
    await reconciler.sweep();
    assert.equal((await spaces.get(callOf(), dev)).state, "failed");
  });

  test("changes nothing while the engine does not answer, and says so", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    await spaces.create(callOf(), newSpace());
    runtime.engine.change((state) => {
      state.containers = {};
    });
    runtime.trouble("list", "unavailable");
    await reconciler.sweep();
    assert.equal((await spaces.get(callOf(), dev)).state, "running");
    assert.equal(reconciler.reachability().get("docker")?.reachable, false);
    await reconciler.sweep();
    assert.equal(reconciler.reachability().get("docker")?.reachable, true);
  });

  test("says of a running space since when the engine has not answered, and only until it does", async (t) => {
    let time = 1000;
    const { spaces, runtime, reconciler, rows } = await testSpaces(t, { now: () => time });
    const made = await spaces.create(callOf(), newSpace());
    runtime.trouble("list", "unavailable", 2);
    for (time of [2000, 3000]) await reconciler.sweep();
    const reason = "Running; the engine has not answered since 1970-01-01T00:00:02.000Z";
    assert.equal((await spaces.get(callOf(), dev)).state_reason, reason);
    assert.equal((await rows.find(made.id))?.state_reason, "Running");
    await reconciler.sweep();
    assert.equal((await spaces.get(callOf(), dev)).state_reason, "Running");
  });

  test("starts again what ended with the engine, and not what was ended alone", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    const made = await spaces.create(callOf(), newSpace());
    const target = { space_id: made.id, generation: 1, user_id: "" };
    await reconciler.sweep();
    runtime.set(target, { state: "exited", exit_code: 137 });
    await reconciler.sweep();
    assert.match((await spaces.get(callOf(), dev)).state_reason, /exit code 137 \(killed\)/);
    await spaces.start(callOf(), dev);
    runtime.trouble("list", "unavailable");
    await reconciler.sweep();
    runtime.set(target, { state: "exited", exit_code: 137 });
    await reconciler.sweep();
    assert.equal((await spaces.get(callOf(), dev)).state, "running");
    assert.equal(runtime.engine.state.containers[`kn-${made.id}-1`]?.observed.state, "running");
  });

  test("removes a container of ours without a row, but only after the grace", async (t) => {
    let time = 0;
    const { runtime, reconciler } = await testSpaces(t, { now: () => time, timing: { grace: 60_000 } });
    await runtime.create({ space_id: "gone", generation: 1, user_id: "" }, spec, new AbortController().signal);
    await reconciler.sweep();
    time = 59_000;
    await reconciler.sweep();
    assert.equal(Object.keys(runtime.engine.state.containers).length, 1);
    time = 61_000;
    await reconciler.sweep();
    assert.equal(Object.keys(runtime.engine.state.containers).length, 0);
  });

  test("tells once of a volume without a row, and leaves it alone", async (t) => {
    let time = 0;
    const kit = await testSpaces(t, { now: () => time, timing: { grace: 60_000 } });
    await kit.spaces.create(callOf(), newSpace());
    kit.runtime.engine.change(({ volumes }) => {
      volumes["kn-gone-home"] = "gone";
    });
    for (time of [0, 59_000]) await kit.reconciler.sweep();
    assert.deepEqual([kit.notices, kit.orphans.list()], [[], []]);
    for (time of [61_000, 62_000]) await kit.reconciler.sweep();
    assert.deepEqual(kit.orphans.list(), [{ id: "kn-gone-home", runtime: "docker", space_id: "gone" }]);
    assert.equal(kit.notices.length, 1);
    assert.match(kit.notices[0] ?? "", /kn-gone-home .* left alone/);
    assert.equal(kit.runtime.engine.state.volumes["kn-gone-home"], "gone");
    kit.runtime.engine.change(({ volumes }) => void delete volumes["kn-gone-home"]);
    await kit.reconciler.sweep();
    assert.deepEqual(kit.orphans.list(), []);
  });

  test("knows volumes of stopped spaces, kept ones, and those that are still to be removed", async (t) => {
    const kit = await testSpaces(t);
    for (const name of ["one", "two", "three"]) await kit.spaces.create(callOf(), newSpace({ name }));
    const removal = { confirm: true, wait_seconds: 30 };
    await kit.spaces.stop(callOf(), { space: "one", wait_seconds: 30 });
    await kit.spaces.delete(callOf(), { ...removal, space: "two", force: false, keep_volumes: true });
    kit.runtime.trouble("removeVolume", "fail", 100);
    await kit.spaces.delete(callOf(), { ...removal, space: "three", force: true, keep_volumes: false });
    await kit.reconciler.sweep();
    assert.equal(Object.keys(kit.runtime.engine.state.volumes).length, 3);
    assert.deepEqual([kit.notices, kit.orphans.list()], [[], []]);
  });

  test("asks for what no container needs to be removed, and goes on when that fails", async (t) => {
    const { runtime, reconciler, errors } = await testSpaces(t);
    runtime.trouble("removeUnused", "fail");
    await reconciler.sweep();
    assert.equal(errors.length, 1);
    await reconciler.sweep();
    assert.equal(runtime.calls.filter((call) => call === "removeUnused").length, 2);
    assert.equal(errors.length, 1);
  });

  test("ends commands that nobody waits for, once after each silence of the engine", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t);
    const made = await spaces.create(callOf(), newSpace());
    await spaces.create(callOf(), newSpace({ name: "off", start: false }));
    const asked = () => runtime.calls.filter((call) => call.startsWith("endStrays"));
    for (let time = 0; time < 2; time++) await reconciler.sweep();
    assert.deepEqual(asked(), [`endStrays kn-${made.id}-1`]);
    runtime.trouble("list", "unavailable");
    for (let time = 0; time < 3; time++) await reconciler.sweep();
    assert.equal(asked().length, 2);
  });

  test("removes an older generation at once", async (t) => {
    const { spaces, runtime, reconciler } = await testSpaces(t, { timing: { grace: 60_000 } });
    const made = await spaces.create(callOf(), newSpace());
    const old = { space_id: made.id, generation: 0, user_id: "" };
    await runtime.create(old, spec, new AbortController().signal);
    await reconciler.sweep();
    assert.deepEqual(Object.keys(runtime.engine.state.containers), [`kn-${made.id}-1`]);
  });

  test("does not let one broken space hold up the others", async (t) => {
    const { spaces, runtime, reconciler, rows } = await testSpaces(t, { timing: { patience: 50 } });
    const names = Array.from({ length: 12 }, (_, index) => `dev-${index}`);
    const made = await Promise.all(names.map((name) => spaces.create(callOf(), newSpace({ name }))));
    for (const { id } of made)
      runtime.set({ space_id: id, generation: 1, user_id: "" }, { state: "exited", exit_code: 1 });
    runtime.trouble("inspect", "hang", 1000, made[0]?.id);
    await reconciler.sweep();
    const states = await Promise.all(made.map(async ({ id }) => (await rows.find(id))?.state));
    assert.deepEqual(states, ["running", ...Array.from({ length: 11 }, () => "failed")]);
  });

  test("hears of a health check that begins to fail, and of one that recovers", async (t) => {
    const { spaces, runtime, reconciler, templates } = await testSpaces(t);
    templates.health = { command: ["true"], interval_seconds: 1, timeout_seconds: 1, retries: 1, start_seconds: 0 };
    runtime.health = "healthy";
    const made = await spaces.create(callOf(), newSpace());
    for (const health of ["unhealthy", "healthy"] as const) {
      runtime.set({ space_id: made.id, generation: 1, user_id: "" }, { health });
      await reconciler.sweep();
      assert.equal((await spaces.get(callOf(), dev)).health, health);
    }
  });

  test("reports a volume that the template no longer names as detached, and keeps its data", async (t) => {
    const { spaces, runtime, templates, store } = await testSpaces(t);
    await spaces.create(callOf(), newSpace());
    templates.volumes = [];
    await spaces.restart(callOf(), dev);
    assert.equal(Object.keys(runtime.engine.state.volumes).length, 1);
    const volumes = await store.db.selectFrom("volumes").select(["name", "attached"]).execute();
    assert.deepEqual(volumes, [{ name: "home", attached: 0 }]);
  });
});

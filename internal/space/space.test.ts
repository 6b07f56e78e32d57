import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Call } from "../operation/call.ts";
import { problemOf } from "../problem/problem.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { newSpace, testSpaces } from "../testkit/spaces.ts";

const call = (): Call => callOf();
const as = (username: string, more: Partial<Parameters<typeof principal>[0]> = {}): Call =>
  callOf({
    principal: principal({ user_id: `user-${username}`, username, permissions: new Set(["spaces.use"]), ...more }),
  });
const dev = { space: "dev", wait_seconds: 30 };
const removal = { ...dev, confirm: true, force: false, keep_volumes: false };
const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (thrown) => problemOf(thrown).code,
  );

describe("spaces", () => {
  test("creates a space that runs", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    const made = await spaces.create(call(), newSpace());
    assert.equal(made.state, "running");
    assert.equal(made.owner.username, "ada");
    const containers = Object.values(runtime.engine.state.containers);
    assert.deepEqual(
      containers.map(({ observed }) => [observed.space_id, observed.generation, observed.state]),
      [[made.id, 1, "running"]],
    );
  });

  test("creates a space without starting it", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    const made = await spaces.create(call(), newSpace({ start: false }));
    assert.equal(made.state, "stopped");
    assert.equal(
      runtime.calls.some((one) => one.startsWith("start")),
      false,
    );
  });

  test("stops and starts the same container", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    assert.equal((await spaces.stop(call(), dev)).state, "stopped");
    assert.equal((await spaces.start(call(), dev)).state, "running");
    assert.equal(Object.keys(runtime.engine.state.containers).length, 1);
    assert.equal(runtime.calls.filter((one) => one.startsWith("create")).length, 1);
  });

  test("makes the container anew, with the same volumes, when a parameter has changed", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    const made = await spaces.create(call(), newSpace());
    await spaces.update(call(), { space: "dev", parameters: { color: "red" } });
    await spaces.restart(call(), dev);
    const containers = Object.values(runtime.engine.state.containers);
    assert.deepEqual(
      containers.map(({ observed, spec }) => [observed.generation, spec.environment["COLOR"]]),
      [[2, "red"]],
    );
    assert.deepEqual(Object.keys(runtime.engine.state.volumes), [`kn-${made.id}-home`]);
  });

  test("deletes the container, the volumes and the row", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    assert.deepEqual(await spaces.delete(call(), removal), { deleted: true, space: null });
    assert.deepEqual([runtime.engine.state.containers, runtime.engine.state.volumes], [{}, {}]);
    assert.equal(await codeOf(spaces.get(call(), dev)), "not_found");
  });

  test("keeps the volumes when asked to", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    await spaces.delete(call(), { ...removal, keep_volumes: true });
    assert.equal(Object.keys(runtime.engine.state.volumes).length, 1);
  });

  test("says what a deletion would lose before it is confirmed", async (t) => {
    const { spaces } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    await assert.rejects(spaces.delete(call(), { ...removal, confirm: false }), (problem) => {
      assert.equal(problemOf(problem).code, "confirmation_required");
      assert.match(problemOf(problem).message, /home \(\/home\)/);
      return true;
    });
  });

  test("refuses to delete while the engine does not answer, names force, and keeps the space as it is", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    runtime.trouble("check", "unavailable");
    await assert.rejects(spaces.delete(call(), removal), {
      code: "runtime_unavailable",
      message: /"dev" is not deleted\. The engine does not answer\..*force: true/,
    });
    assert.equal((await spaces.get(call(), dev)).state, "running");
  });

  test("says why a deletion does not end when the engine goes away meanwhile", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    runtime.trouble("remove", "unavailable", 1000);
    const waiting = spaces.delete(call(), { ...removal, wait_seconds: 0.05 });
    while (!runtime.calls.some((one) => one.startsWith("remove"))) await new Promise(setImmediate);
    runtime.trouble("check", "unavailable");
    await assert.rejects(waiting, { code: "runtime_unavailable", message: /force: true/ });
  });

  test("says what a deletion that goes on is at when the wait is over", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    runtime.trouble("remove", "hang");
    const { deleted, space } = await spaces.delete(call(), { ...removal, wait_seconds: 0.02 });
    assert.deepEqual([deleted, space?.state], [false, "deleting"]);
  });

  test("says why a deletion failed, and that force is left", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    runtime.trouble("remove", "fail");
    await assert.rejects(spaces.delete(call(), removal), {
      code: "runtime_failed",
      message: /refused to remove\..*force: true/,
    });
  });

  test("deletes with force while the engine is dead, and tidies up when it is back", async (t) => {
    const { spaces, runtime, reconciler, store } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    runtime.trouble("remove", "unavailable", 1000);
    runtime.trouble("removeVolume", "unavailable", 1000);
    const gone = await spaces.delete(call(), { ...removal, force: true });
    assert.equal(gone.deleted, true);
    assert.equal(Object.keys(runtime.engine.state.containers).length, 1);
    runtime.heal();
    await store.db.updateTable("cleanups").set({ next_at: 0 }).execute();
    await reconciler.sweep();
    assert.deepEqual([runtime.engine.state.containers, runtime.engine.state.volumes], [{}, {}]);
    assert.deepEqual(await store.db.selectFrom("cleanups").selectAll().execute(), []);
  });

  test("lets a stop abort a start that hangs", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    runtime.trouble("pull", "hang");
    await spaces.create(call(), newSpace({ wait_seconds: 0 }));
    while (!runtime.calls.some((one) => one.startsWith("pull"))) await new Promise(setImmediate);
    assert.equal((await spaces.stop(call(), dev)).state, "stopped");
    assert.equal((await spaces.start(call(), dev)).state, "running");
  });

  test("fails with a reason when a step takes too long, and can be started again", async (t) => {
    const { spaces, runtime } = await testSpaces(t, { timing: { deadlines: { create: 30 } } });
    runtime.trouble("create", "hang");
    assert.equal(await codeOf(spaces.create(call(), newSpace())), "runtime_failed");
    const broken = await spaces.get(call(), dev);
    assert.equal(broken.state, "failed");
    assert.match(broken.state_reason, /took longer than/);
    assert.equal((await spaces.start(call(), dev)).state, "running");
  });

  test("accepts nothing while the engine does not answer", async (t) => {
    const { spaces, runtime, store } = await testSpaces(t, { timing: { deadlines: { inspect: 20 } } });
    for (const trouble of ["unavailable", "hang"] as const) {
      runtime.trouble("check", trouble);
      assert.equal(await codeOf(spaces.create(call(), newSpace())), "runtime_unavailable");
    }
    assert.deepEqual(await store.db.selectFrom("spaces").selectAll().execute(), []);
  });

  test("waits out an engine that is silent for a while", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    runtime.trouble("inspect", "unavailable", 3);
    runtime.trouble("start", "unavailable", 3);
    assert.equal((await spaces.create(call(), newSpace())).state, "running");
  });

  test("makes one container when the reply to create or start is lost", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    runtime.trouble("create", "lose");
    runtime.trouble("start", "lose");
    assert.equal((await spaces.create(call(), newSpace())).state, "running");
    assert.equal(Object.keys(runtime.engine.state.containers).length, 1);
  });

  test("tells of a main process that ends at once", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    runtime.exitsWith = 127;
    await assert.rejects(spaces.create(call(), newSpace()), /exit code 127 \(the command was not found\)/);
  });

  test("waits for the health check and says when it fails", async (t) => {
    const { spaces, runtime, templates } = await testSpaces(t);
    templates.health = { command: ["true"], interval_seconds: 1, timeout_seconds: 1, retries: 1, start_seconds: 0 };
    runtime.health = "unhealthy";
    const made = await spaces.create(call(), newSpace());
    assert.deepEqual([made.state, made.health], ["running", "unhealthy"]);
  });

  test("has one winner among ten conflicting clients", async (t) => {
    const { spaces } = await testSpaces(t);
    await spaces.create(call(), newSpace({ start: false }));
    const work = [0, 1, 2, 3, 4].flatMap(() => [spaces.start(call(), dev), spaces.delete(call(), removal)]);
    const results = await Promise.allSettled(work);
    const lost = results.flatMap((one) => (one.status === "rejected" ? [problemOf(one.reason)] : []));
    assert.equal(lost.length, 9);
    for (const problem of lost) {
      assert.equal(problem.code, "conflict");
      assert.match(problem.message, /is (starting|deleting|gone|running)/);
    }
  });

  test("admits exactly as many of many parallel creates as the quota allows", async (t) => {
    const { spaces } = await testSpaces(t, { limits: { spaces: 5 } });
    const names = Array.from({ length: 50 }, (_, index) => `dev-${index}`);
    const codes = await Promise.all(
      names.map((name) => codeOf(spaces.create(call(), newSpace({ name, start: false })))),
    );
    assert.equal(codes.filter((code) => code === "ok").length, 5);
    assert.equal(codes.filter((code) => code === "quota_exceeded").length, 45);
  });

  test("refuses to start beyond the memory quota and says what to do", async (t) => {
    const { spaces } = await testSpaces(t, { limits: { memory_bytes: 1024 ** 3 } });
    await spaces.create(call(), newSpace());
    await spaces.create(call(), newSpace({ name: "two", start: false }));
    await assert.rejects(
      spaces.start(call(), { space: "two", wait_seconds: 1 }),
      /1 GiB for memory of running spaces; 1 GiB is in use.*Stop a space/,
    );
  });

  test("gives the same space to the same key", async (t) => {
    const { spaces, runtime } = await testSpaces(t);
    const keyed = callOf({ idempotency_key: "k1" });
    const both = await Promise.all([spaces.create(keyed, newSpace()), spaces.create(keyed, newSpace())]);
    assert.equal(both[0].id, both[1].id);
    assert.equal(Object.keys(runtime.engine.state.containers).length, 1);
  });

  test("hides spaces of others, and shows those shared with one's group", async (t) => {
    const { spaces } = await testSpaces(t);
    await spaces.create(as("ada", { group_ids: ["g1"] }), newSpace({ group_ids: ["g1"] }));
    assert.equal(await codeOf(spaces.get(as("bob"), { space: "ada/dev" })), "not_found");
    const friend = as("bob", { group_ids: ["g1"] });
    assert.equal((await spaces.get(friend, { space: "dev" })).owner.username, "ada");
    assert.equal(await codeOf(spaces.delete(friend, removal)), "forbidden");
    assert.equal((await spaces.list(as("bob"), { limit: 10 })).total, 0);
    assert.equal((await spaces.list(friend, { limit: 10 })).total, 1);
  });

  test("tells its owner and those it is shared with, also that it is not shared any more", async (t) => {
    const { spaces, store } = await testSpaces(t);
    const ada = as("ada", { group_ids: ["g1", "g2"] });
    await spaces.create(ada, newSpace({ group_ids: ["g1"], start: false }));
    await spaces.update(ada, { space: "dev", group_ids: ["g2"] });
    await spaces.delete(ada, removal);
    const events = await store.db.selectFrom("events").select(["type", "group_ids"]).execute();
    const told = (type: string) => events.find((event) => event.type === type)?.group_ids;
    assert.deepEqual(["space.created", "space.updated", "space.deleted"].map(told), [
      '["g1"]',
      '["g1","g2"]',
      '["g2"]',
    ]);
  });

  test("masks secrets, keeps them when the mask comes back, and hands them to the container alone", async (t) => {
    const { spaces, runtime, store } = await testSpaces(t);
    const made = await spaces.create(call(), newSpace({ parameters: { token: "s3cr3t-canary" } }));
    assert.equal(made.parameters["token"], "********");
    await spaces.update(call(), { space: "dev", parameters: { token: "********", color: "red" } });
    await spaces.restart(call(), dev);
    assert.equal(Object.values(runtime.engine.state.containers)[0]?.spec.environment["token"], "s3cr3t-canary");
    const stored = await Promise.all([
      store.db.selectFrom("spaces").selectAll().execute(),
      store.db.selectFrom("events").selectAll().execute(),
    ]);
    assert.equal(JSON.stringify(stored).includes("s3cr3t-canary"), false);
  });

  test("tells the timeline in words", async (t) => {
    const { spaces } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    const { events } = await spaces.events(call(), { space: "dev", limit: 100 });
    assert.deepEqual(events.map(({ message }) => message).reverse(), [
      'Created from template "box"',
      "Pulling image box:1",
      "Pulling image box:1: 40 %",
      "Creating the container",
      "Starting",
      "Started",
    ]);
  });

  test("reports to the caller how far it is", async (t) => {
    const { spaces } = await testSpaces(t);
    const heard: string[] = [];
    await spaces.create(callOf({ report: ({ message }) => void heard.push(message) }), newSpace());
    assert.deepEqual(heard, ["Pulling image box:1", "Pulling", "Creating the container", "Starting"]);
  });

  test("goes on when its caller goes away", async (t) => {
    const { spaces, reconciler } = await testSpaces(t);
    const gone = AbortSignal.abort();
    assert.equal((await spaces.create(callOf({ signal: gone }), newSpace())).state, "creating");
    await reconciler.sweep();
    assert.equal((await spaces.get(call(), dev)).state, "running");
  });

  test("moves to the newest version of its template at the next start", async (t) => {
    const { spaces, runtime, store } = await testSpaces(t);
    await spaces.create(call(), newSpace());
    await store.db.updateTable("templates").set({ version: 2 }).execute();
    const behind = await spaces.get(call(), dev);
    assert.deepEqual([behind.template.version, behind.template.latest_version], [1, 2]);
    await spaces.update(call(), { space: "dev", template_version: "latest" });
    await spaces.restart(call(), dev);
    assert.equal(Object.values(runtime.engine.state.containers)[0]?.spec.environment["VERSION"], "2");
  });

  test("shares only with groups one is in", async (t) => {
    const { spaces } = await testSpaces(t);
    assert.equal(await codeOf(spaces.create(as("bob"), newSpace({ group_ids: ["g9"] }))), "invalid_input");
  });

  test("gives the rooms inside a space its target, and refuses one that does not run", async (t) => {
    const { spaces } = await testSpaces(t);
    const made = await spaces.create(call(), newSpace());
    assert.deepEqual((await spaces.running(call(), "dev")).target, {
      space_id: made.id,
      generation: 1,
      user_id: "user-1",
    });
    await spaces.stop(call(), dev);
    await assert.rejects(spaces.running(call(), "dev"), /is stopped; start it with start_space/);
  });

  test("says not_found when the template is deleted between its choice and the insert", async (t) => {
    const { spaces, store, runtime } = await testSpaces(t);
    await store.db.deleteFrom("templates").execute();
    await assert.rejects(spaces.create(callOf(), newSpace()), { code: "not_found", message: /"box" was deleted/ });
    assert.deepEqual(Object.keys(runtime.engine.state.containers), []);
  });
});

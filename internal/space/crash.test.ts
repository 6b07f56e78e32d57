import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { SqlSpaces } from "../store/spaces.ts";
import { openStore, type Store } from "../store/store.ts";
import { changing, Life } from "../testkit/failpoint.ts";
import { callOf } from "../testkit/principal.ts";
import { FakeEngine, FakeRuntime } from "../testkit/runtime.ts";
import { type FakeTemplates, newSpace, type SpacesKit, testSpaces } from "../testkit/spaces.ts";
import type { Spaces } from "./space.ts";

type Walk = {
  /** What was there before the walk. */
  readonly before: (spaces: Spaces) => Promise<unknown>;
  readonly walk: (spaces: Spaces, templates: FakeTemplates) => Promise<unknown>;
};

const call = callOf({ idempotency_key: "key-1" });
const dev = { space: "dev", wait_seconds: 60 };
const removal = { ...dev, confirm: true, force: false, keep_volumes: false };
const running = (spaces: Spaces) => spaces.create(call, newSpace());
const stopped = (spaces: Spaces) => spaces.create(call, newSpace({ start: false }));

const walks: Readonly<Record<string, Walk>> = {
  create: { before: async () => {}, walk: running },
  "create without start": { before: async () => {}, walk: stopped },
  start: { before: stopped, walk: (spaces) => spaces.start(callOf(), dev) },
  stop: { before: running, walk: (spaces) => spaces.stop(callOf(), dev) },
  restart: { before: running, walk: (spaces) => spaces.restart(callOf(), dev) },
  "restart with another parameter": {
    before: running,
    walk: async (spaces) => {
      await spaces.update(callOf(), { space: "dev", parameters: { color: "red" } });
      await spaces.restart(callOf(), dev);
    },
  },
  delete: { before: running, walk: (spaces) => spaces.delete(callOf(), removal) },
  "delete keeping volumes": {
    before: running,
    walk: (spaces) => spaces.delete(callOf(), { ...removal, keep_volumes: true }),
  },
  "delete by force": { before: running, walk: (spaces) => spaces.delete(callOf(), { ...removal, force: true }) },
};

/** The call that stores what is wanted. */
const intent = /^store\.(insert|commit|forceDrop):before$/;

type World = { readonly store: Store; readonly engine: FakeEngine };

async function world(t: TestContext): Promise<World> {
  const store = await openStore({ kind: "sqlite", path: ":memory:" });
  t.after(() => store[Symbol.asyncDispose]());
  return { store, engine: new FakeEngine() };
}

/** A daemon on a world; with a life, it dies where that life ends. */
const daemon = (t: TestContext, { store, engine }: World, life = new Life()): Promise<SpacesKit> => {
  const runtime = new FakeRuntime(engine);
  return testSpaces(t, {
    sql: store,
    store: life.port(new SqlSpaces(store), "store"),
    runtimes: new Map([["docker", life.port(runtime, "runtime")]]),
    fakeRuntime: runtime,
    died: life.died,
  });
};

/** What can be seen of a world from outside, without what differs from run to run. */
async function endOf({ store, engine }: World) {
  const spaces = await store.db.selectFrom("spaces").selectAll().execute();
  const volumes = await store.db.selectFrom("volumes").selectAll().execute();
  const cleanups = await store.db.selectFrom("cleanups").selectAll().execute();
  const nameOf = (id: string) => spaces.find((space) => space.id === id)?.name ?? "nobody";
  return {
    spaces: spaces.map(({ name, state, desired, generation, step, deadline_at, parameters, state_reason }) => ({
      ...{ name, state, desired, generation, step, deadline_at, parameters, state_reason },
    })),
    volumes: volumes.map(({ name, attached, space_id }) => ({ name, attached, space: nameOf(space_id) })),
    containers: Object.values(engine.state.containers).map(({ observed, spec }) => ({
      ...{ space: nameOf(observed.space_id), generation: observed.generation, state: observed.state },
      environment: spec.environment,
    })),
    engineVolumes: Object.values(engine.state.volumes).map(nameOf),
    cleanups: cleanups.length,
  };
}

/** Lets a new daemon find the world as it is, until nothing moves any more. */
async function settle(t: TestContext, place: World): Promise<void> {
  const { reconciler } = await daemon(t, place);
  await place.store.db.updateTable("cleanups").set({ next_at: 0 }).execute();
  await reconciler.sweep();
  await reconciler.sweep();
}

/** Runs the walk on a new world with a life that ends at a point; the world, and the points that were passed. */
async function live(t: TestContext, { before, walk }: Walk, fatal?: number) {
  const place = await world(t);
  await before((await daemon(t, place)).spaces);
  const life = new Life(fatal);
  const { spaces, templates } = await daemon(t, place, life);
  let acknowledged = false;
  const walked = async () => {
    await walk(spaces, templates);
    acknowledged = true;
  };
  await Promise.race([walked(), life.died]);
  return { place, points: life.points, acknowledged };
}

/** Not of a walk, but of the sweep that follows it or of an engine that refuses; and what tests do to the engine. */
const elsewhere = [
  "store.cleanupFailed",
  "store.note",
  "runtime.removeUnused",
  "runtime.trouble",
  "runtime.heal",
  "runtime.set",
];

describe("a daemon that dies", () => {
  const passed: string[] = [];

  for (const [name, walk] of Object.entries(walks)) {
    test(`at any point of "${name}" leaves nothing that the next one does not finish`, async (t) => {
      const whole = await live(t, walk);
      await settle(t, whole.place);
      const expected = await endOf(whole.place);
      passed.push(...whole.points);
      assert.ok(whole.points.length >= 4, `${whole.points.length} points`);
      for (const [fatal, point] of whole.points.entries()) {
        const { place, acknowledged } = await live(t, walk, fatal);
        assert.equal(acknowledged, false, point);
        await settle(t, place);
        const where = `died at ${fatal}: ${point}`;
        // before the intent is stored nothing was accepted, and the caller asks again
        if (fatal <= whole.points.findIndex((one) => intent.test(one))) await redo(t, place, walk);
        assert.deepEqual(await endOf(place), expected, where);
        if (!name.startsWith("create")) continue;
        await redo(t, place, walk);
        assert.deepEqual(await endOf(place), expected, `${where}, and asked again with the same key`);
      }
    });
  }

  test("has died before and after every call that changes something", () => {
    const calls = [
      ...changing(SqlSpaces).map((name) => `store.${name}`),
      ...changing(FakeRuntime).map((name) => `runtime.${name}`),
    ].filter((name) => !elsewhere.includes(name));
    assert.deepEqual(
      calls.flatMap((call) => [`${call}:before`, `${call}:after`]).filter((point) => !passed.includes(point)),
      [],
    );
    assert.ok(passed.length >= 100, `${passed.length} points`);
  });
});

/** Asks again, as a client does that got no answer. */
async function redo(t: TestContext, place: World, { walk }: Walk): Promise<void> {
  const { spaces, templates } = await daemon(t, place);
  await walk(spaces, templates);
  await settle(t, place);
}

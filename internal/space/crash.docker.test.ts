import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import Docker from "dockerode";
import type { Call } from "../operation/call.ts";
import { run } from "../runtime/contract.ts";
import { openDockerRuntime } from "../runtime/docker.ts";
import { inBatches } from "../runtime/in-batches.ts";
import { SqlSpaces } from "../store/spaces.ts";
import { openStore, type Store } from "../store/store.ts";
import { engineDoor } from "../testkit/engine-door.ts";
import { Life } from "../testkit/failpoint.ts";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { FakeTemplates, newSpace, type SpacesKit, testSpaces } from "../testkit/spaces.ts";
import { isTransient } from "./change.ts";
import type { Observed, Runtime } from "./runtime.ts";
import type { Spaces } from "./space.ts";

type World = {
  readonly store: Store;
  readonly engine: Runtime;
  readonly instance_id: string;
  readonly image: string;
  /** An owner of its own: the engine knows networks by their owners. */
  readonly call: Call;
};

type Step = (spaces: Spaces, call: Call) => Promise<unknown>;
type Walk = {
  /** What was there before the walk. */
  readonly before: Step;
  readonly walk: Step;
};

const dev = { space: "dev", wait_seconds: 60 };
const never = new AbortController().signal;

const running: Step = (spaces, call) => spaces.create({ ...call, idempotency_key: "key-1" }, newSpace());
const stopped: Step = async (spaces, call) => {
  await running(spaces, call);
  await spaces.stop(call, dev);
};
const removal = { ...dev, confirm: true, force: false, keep_volumes: false };

const walks: Readonly<Record<string, Walk>> = {
  create: { before: async () => {}, walk: running },
  start: { before: stopped, walk: (spaces, call) => spaces.start(call, dev) },
  stop: { before: running, walk: (spaces, call) => spaces.stop(call, dev) },
  "restart with another parameter": {
    before: running,
    walk: async (spaces, call) => {
      await spaces.update(call, { space: "dev", parameters: { color: "red" } });
      await spaces.restart(call, dev);
    },
  },
  delete: { before: running, walk: (spaces, call) => spaces.delete(call, removal) },
  "delete by force": { before: running, walk: (spaces, call) => spaces.delete(call, { ...removal, force: true }) },
};

async function world(t: TestContext): Promise<World> {
  const store = await openStore({ kind: "sqlite", path: ":memory:" });
  const [instance_id, user_id] = [testInstance(), randomUUID()];
  const call = callOf({ principal: principal({ user_id }) });
  const engine = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id });
  t.after(async () => {
    for (const one of await engine.list(never)) await engine.remove({ ...one, user_id }, never);
    for (const { volume } of await engine.listVolumes(never)) await engine.removeVolume(volume, never);
    await engine.removeUnused(never);
    await store[Symbol.asyncDispose]();
  });
  return { store, engine, instance_id, call, image: await busyboxImage() };
}

/** A daemon on a world; with a life, it dies where that life ends. */
async function daemon(t: TestContext, { store, engine, instance_id, image }: World, life?: Life): Promise<SpacesKit> {
  const templates = new FakeTemplates();
  // a user of its own: its volume is handed over before the first start
  Object.assign(templates, { image, command: ["sleep", "600"], user: "1000:1000", memory_bytes: 64 * 1024 ** 2 });
  const name = "docker";
  const seen =
    life === undefined ? engine : openDockerRuntime({ socket: await engineDoor(t, life), name, instance_id });
  return testSpaces(t, {
    sql: store,
    templates,
    store: life === undefined ? new SqlSpaces(store) : life.port(new SqlSpaces(store), "store"),
    runtimes: new Map([["docker", seen]]),
    ...(life === undefined ? {} : { died: life.died }),
    timing: { grace: 0, pollEvery: 50 },
  });
}

/** What can be seen of a world from outside. */
async function endOf({ store, engine, instance_id }: World) {
  const spaces = await store.db.selectFrom("spaces").select(["name", "state", "state_reason", "generation"]).execute();
  const containers = await engine.list(never);
  const cleanups = await store.db.selectFrom("cleanups").selectAll().execute();
  return {
    spaces,
    containers: containers.map(({ generation, state }) => ({ generation, state })),
    mayWrite: await Promise.all(containers.map((one) => mayWrite(engine, one))),
    volumes: (await engine.listVolumes(never)).length,
    networks: (await docker().listNetworks({ filters: { label: [`knot.instance=${instance_id}`] } })).length,
    // of a deletion by force one stays for later, in case the engine was still busy
    containersToRemove: cleanups.filter(({ kind }) => kind === "container").length,
  };
}

async function mayWrite(engine: Runtime, { space_id, generation, state }: Observed): Promise<boolean> {
  if (state !== "running") return false;
  const target = { space_id, generation, user_id: "" };
  return (await run(engine, target, ["touch", "/home/file"])).exit_code === 0;
}

/** Lets a new daemon find the world as it is, until nothing moves any more. */
async function settle(t: TestContext, place: World): Promise<void> {
  const { reconciler, rows } = await daemon(t, place);
  // on a busy machine a space may still be on its way when the sweep goes on without it
  do await reconciler.sweep();
  while ((await rows.sweep("docker")).some(({ state }) => isTransient(state)));
  await reconciler.sweep();
}

async function live(t: TestContext, { before, walk }: Walk, fatal?: number) {
  const place = await world(t);
  await before((await daemon(t, place)).spaces, place.call);
  const life = new Life(fatal);
  const { spaces } = await daemon(t, place, life);
  await Promise.race([walk(spaces, place.call), life.died]);
  return { place, points: life.points };
}

describe("a daemon with a real engine that dies", () => {
  for (const [name, walk] of Object.entries(walks)) {
    test(`around any request to the engine in "${name}" leaves nothing undone`, needs("docker"), async (t) => {
      const { place: whole, points } = await live(t, walk);
      await settle(t, whole);
      const expected = await endOf(whole);
      const requests = [...points.entries()].filter(([, point]) => point.startsWith("engine."));
      assert.ok(requests.length >= 2, points.join());
      await inBatches(requests, 4, async ([fatal, point]) => {
        const { place } = await live(t, walk, fatal);
        await settle(t, place);
        assert.deepEqual(await endOf(place), expected, `died at ${point}`);
      });
    });
  }

  test("between removing a container without a row and its network leaves no network", needs("docker"), async (t) => {
    const place = await world(t);
    const target = { space_id: randomUUID(), generation: 1, user_id: randomUUID() };
    const templates = new FakeTemplates();
    const { spec } = await templates.compile({ template_version: 1 }, occasionOf(target.space_id));
    await place.engine.create(target, { ...spec, image: place.image, volumes: [], network: "own" }, never);
    // the engine did the first of the two, and the daemon died before it asked for the second
    await docker().getContainer(`kn-${target.space_id}-1`).remove({ force: true });
    assert.equal((await networksOf(target.user_id)).length, 1);
    await (await daemon(t, place)).reconciler.sweep();
    assert.deepEqual(await networksOf(target.user_id), []);
  });
});

const docker = () => new Docker({ socketPath: dockerSocket(), host: undefined } as unknown as Docker.DockerOptions);

const networksOf = (user_id: string) => docker().listNetworks({ filters: { label: [`knot.user=${user_id}`] } });

const occasionOf = (space_id: string) => ({
  ...{ space_id, space_name: "dev", parameters: {}, secrets: {} },
  user: { id: "user-1", username: "ada", email: "" },
});

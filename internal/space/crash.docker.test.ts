import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import Docker from "dockerode";
import { openDockerRuntime } from "../runtime/docker.ts";
import { SqlSpaces } from "../store/spaces.ts";
import { openStore, type Store } from "../store/store.ts";
import { Life } from "../testkit/failpoint.ts";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { callOf } from "../testkit/principal.ts";
import { FakeTemplates, newSpace, type SpacesKit, testSpaces } from "../testkit/spaces.ts";
import type { Runtime } from "./runtime.ts";
import type { Spaces } from "./space.ts";

type World = { readonly store: Store; readonly engine: Runtime; readonly image: string };

const dev = { space: "dev", wait_seconds: 60 };
const call = callOf({ idempotency_key: "key-1" });
const never = new AbortController().signal;

const walks: Readonly<Record<string, (spaces: Spaces) => Promise<unknown>>> = {
  create: (spaces) => spaces.create(call, newSpace()),
  restart: async (spaces) => {
    await spaces.update(callOf(), { space: "dev", parameters: { color: "red" } });
    await spaces.restart(callOf(), dev);
  },
  delete: (spaces) => spaces.delete(callOf(), { ...dev, confirm: true, force: false, keep_volumes: false }),
};

async function world(t: TestContext): Promise<World> {
  const store = await openStore({ kind: "sqlite", path: ":memory:" });
  const engine = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: testInstance() });
  t.after(async () => {
    for (const one of await engine.list(never)) await engine.remove({ ...one, user_id: "user-1" }, never);
    for (const { volume } of await engine.listVolumes(never)) await engine.removeVolume(volume, never);
    await store[Symbol.asyncDispose]();
  });
  return { store, engine, image: await busyboxImage() };
}

function daemon(t: TestContext, { store, engine, image }: World, life = new Life()): Promise<SpacesKit> {
  const templates = new FakeTemplates();
  Object.assign(templates, { image, command: ["sleep", "600"], network: "none", memory_bytes: 64 * 1024 ** 2 });
  return testSpaces(t, {
    sql: store,
    templates,
    store: life.port(new SqlSpaces(store), "store"),
    runtimes: new Map([["docker", life.port(engine, "runtime")]]),
    died: life.died,
    timing: { grace: 0, pollEvery: 50 },
  });
}

async function endOf({ store, engine }: World) {
  const spaces = await store.db.selectFrom("spaces").select(["name", "state", "generation"]).execute();
  const containers = await engine.list(never);
  return {
    spaces,
    containers: containers.map(({ generation, state }) => ({ generation, state })),
    volumes: (await engine.listVolumes(never)).length,
  };
}

async function live(t: TestContext, name: string, fatal?: number) {
  const place = await world(t);
  if (name !== "create") await walks["create"]?.((await daemon(t, place)).spaces);
  const life = new Life(fatal);
  const { spaces } = await daemon(t, place, life);
  await Promise.race([walks[name]?.(spaces), life.died]);
  return { place, points: life.points };
}

describe("a daemon with a real engine that dies", () => {
  for (const name of Object.keys(walks)) {
    test(`around any call of the engine in ${name} leaves nothing undone`, needs("docker"), async (t) => {
      const { place: whole, points } = await live(t, name);
      const expected = await endOf(whole);
      const calls = [...points.entries()].filter(([, point]) => point.startsWith("runtime."));
      assert.ok(calls.length >= 4, points.join());
      for (const [fatal, point] of calls) {
        const { place } = await live(t, name, fatal);
        await (await daemon(t, place)).reconciler.sweep();
        assert.deepEqual(await endOf(place), expected, `died at ${point}`);
      }
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

import assert from "node:assert/strict";
import { Problem } from "../problem/problem.ts";
import type { NewSpace, SpaceRow, Usage } from "../space/space-store.ts";
import { addTemplate } from "../testkit/spaces.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlSpaces } from "./spaces.ts";

const event = { type: "space.state", subject_kind: "space", subject_id: "s1", user_id: "u1", message: "m", data: {} };
const admitAll = () => {};
const space = (overrides: Partial<NewSpace> = {}): NewSpace => ({
  ...{ id: "s1", user_id: "u1", username: "ada", name: "dev", description: "", template_id: "template-1" },
  ...{
    template_version: 1,
    parameters: { color: "red" },
    secrets: {},
    runtime: "docker",
    spec_hash: "h1",
    image: "box",
  },
  ...{
    ports: [],
    memory_bytes: 1000,
    cpus: 0.5,
    storage_bytes: 10,
    working_dir: null,
    user: null,
    checks_health: false,
  },
  volumes: [{ volume: `kn-${overrides.id ?? "s1"}-home`, name: "home", path: "/home", reserved_bytes: 10 }],
  ...{ state: "stopped", state_reason: "", desired: "stopped", step: null, deadline_at: null, generation: 1 },
  ...{ health: null, keep_volumes: false, idempotency_key: null, group_ids: [], created_at: 1, updated_at: 1 },
  ...overrides,
});
const viewer = (overrides = {}) => ({ user_id: "u1", group_ids: [] as string[], all: false, ...overrides });

storeTest("gives a space back as it was stored", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  const row = await spaces.insert(space({ group_ids: ["g2", "g1"] }), event, admitAll);
  assert.deepEqual(row, {
    ...space({ group_ids: ["g1", "g2"] }),
    ...{ revision: 1, started_at: null, template_name: "box", template_latest: 1 },
  });
});

storeTest("tells what the volumes of a runtime's spaces reserve, and notes what came of it", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  await spaces.insert(space(), event, admitAll);
  await spaces.insert(space({ id: "s2", name: "other", runtime: "process", volumes: [] }), event, admitAll);
  const reservations = [{ id: "s1", storage_bytes: 10, volumes: ["kn-s1-home"] }];
  assert.deepEqual(await spaces.reservations("docker"), reservations);
  assert.deepEqual(await spaces.reservations("process"), []);
  await spaces.note({ ...event, type: "space.storage", message: "full" });
  const { items } = await spaces.events("s1", { limit: 1 });
  assert.deepEqual([items[0]?.type, items[0]?.message], ["space.storage", "full"]);
});

storeTest("commits for exactly one of many with the same revision", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  const row = (await spaces.insert(space(), event, admitAll)) as SpaceRow;
  const change = { state: "starting" as const, updated_at: 2 };
  const results = await Promise.all(Array.from({ length: 10 }, () => spaces.commit(row, change, event)));
  assert.equal(results.filter((one) => one !== null).length, 1);
  const { total } = await spaces.events("s1", { limit: 100 });
  assert.equal(total, 2);
});

storeTest("admits exactly as many parallel inserts as there is room for", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  const admit = (others: Usage) => {
    if (others.spaces >= 5) throw new Problem("quota_exceeded", "full");
  };
  const all = Array.from({ length: 20 }, (_, index) => space({ id: `s${index}`, name: `dev-${index}` }));
  const results = await Promise.allSettled(all.map((one) => spaces.insert(one, event, admit)));
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5);
  assert.equal((await spaces.sweep("docker")).length, 5);
});

storeTest("gives parallel inserts with one key the same space", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  const all = Array.from({ length: 8 }, (_, index) => space({ id: `s${index}`, idempotency_key: "k" }));
  const results = await Promise.all(all.map((one) => spaces.insert(one, event, admitAll)));
  assert.equal(results.filter((one) => typeof one !== "string" && !("existing" in one)).length, 1);
  assert.equal((await spaces.byKey("u1", "k")) === null, false);
});

storeTest("has one space of a name for an owner", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  await spaces.insert(space(), event, admitAll);
  assert.equal(await spaces.insert(space({ id: "s2" }), event, admitAll), "name_taken");
  await spaces.insert(space({ id: "s3", user_id: "u2", username: "bob" }), event, admitAll);
  assert.deepEqual(
    (await spaces.named("dev")).map(({ id }) => id),
    ["s1", "s3"],
  );
  await spaces.insert(space({ id: "s4", name: "other" }), event, admitAll);
  assert.equal(await spaces.edit("s4", { name: "dev", updated_at: 2 }, event), "name_taken");
});

storeTest("leaves a cleanup of the old container when the generation changes", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  const row = (await spaces.insert(space(), event, admitAll)) as SpaceRow;
  const plan = { ...row, volumes: [], spec_hash: "h2" };
  await spaces.commit(row, { generation: 2, plan, updated_at: 2 }, event);
  const [cleanup] = await spaces.cleanups({ space_id: "s1" });
  assert.deepEqual([cleanup?.kind, cleanup?.generation], ["container", 1]);
  const volumes = await store.db.selectFrom("volumes").select(["id", "attached"]).execute();
  assert.deepEqual(volumes, [{ id: "kn-s1-home", attached: 0 }]);
});

storeTest("counts memory of what runs, spaces of all, and storage of every volume", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  await spaces.insert(space({ id: "s1", name: "a1", state: "running" }), event, admitAll);
  await spaces.insert(space({ id: "s2", name: "a2" }), event, admitAll);
  const kept = (await spaces.insert(space({ id: "s3", name: "a3", keep_volumes: true }), event, admitAll)) as SpaceRow;
  await spaces.drop(kept, event);
  let seen: Usage | undefined;
  await spaces.insert(space({ id: "s4", name: "a4" }), event, (others) => {
    seen = others;
  });
  assert.deepEqual(seen, { spaces: 2, cpus: 0.5, memory_bytes: 1000, storage_bytes: 30 });
});

storeTest("leaves cleanups for everything when a space is dropped by force", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  await spaces.insert(space(), event, admitAll);
  assert.equal(await spaces.forceDrop("s1", false, event, 5), true);
  const due = await spaces.cleanups({ runtime: "docker", due_at: 5 });
  assert.deepEqual(
    due.map(({ kind, volume }) => [kind, volume]),
    [
      ["container", null],
      ["volume", "kn-s1-home"],
    ],
  );
  await spaces.cleanupFailed(due[0]?.id as string, "no answer", 99);
  assert.equal((await spaces.cleanups({ runtime: "docker", due_at: 5 })).length, 1);
  await spaces.cleaned(due[0]?.id as string);
  assert.equal((await spaces.cleanups({ space_id: "s1" })).length, 2);
});

storeTest("lists by page what a viewer may see", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  for (const id of ["a", "b", "c"]) await spaces.insert(space({ id, name: `dev-${id}` }), event, admitAll);
  await spaces.insert(
    space({ id: "d", name: "dev-d", user_id: "u2", username: "bob", group_ids: ["g1"] }),
    event,
    admitAll,
  );
  const first = await spaces.list({ viewer: viewer() }, { limit: 2 });
  assert.deepEqual([first.items.map(({ id }) => id), first.total, first.next], [["a", "b"], 3, ["dev-b", "b"]]);
  const cursor = Buffer.from(JSON.stringify(first.next)).toString("base64url");
  const second = await spaces.list({ viewer: viewer() }, { limit: 2, cursor });
  assert.deepEqual([second.items.map(({ id }) => id), second.next], [["c"], null]);
  assert.equal((await spaces.list({ viewer: viewer({ group_ids: ["g1"] }) }, { limit: 9 })).total, 4);
  assert.equal((await spaces.list({ viewer: viewer({ all: true }), owner: "bob" }, { limit: 9 })).total, 1);
  assert.equal((await spaces.list({ viewer: viewer(), query: "V-B" }, { limit: 9 })).total, 1);
  assert.equal((await spaces.list({ viewer: viewer(), query: "%" }, { limit: 9 })).total, 0);
  assert.equal((await spaces.list({ viewer: viewer(), state: "running" }, { limit: 9 })).total, 0);
});

storeTest("says that the template is gone", async (_t, store) => {
  const spaces = new SqlSpaces(store);
  assert.equal(await spaces.insert(space(), event, admitAll), "template_gone");
  assert.equal(await spaces.find("s1"), null);
});

storeTest("knows the volumes of one runtime, attached or to be removed", async (_t, store) => {
  await addTemplate(store);
  const spaces = new SqlSpaces(store);
  await spaces.insert(space(), event, admitAll);
  await spaces.insert(space({ id: "s2", name: "two" }), event, admitAll);
  await spaces.insert(space({ id: "s3", name: "three", runtime: "process" }), event, admitAll);
  await spaces.forceDrop("s2", false, event, 5);
  assert.deepEqual(new Set(await spaces.knownVolumes("docker")), new Set(["kn-s1-home", "kn-s2-home"]));
});

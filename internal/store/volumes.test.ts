import assert from "node:assert/strict";
import type { NewSpace } from "../space/space-store.ts";
import { addTemplate } from "../testkit/spaces.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlSpaces } from "./spaces.ts";
import type { Store } from "./store.ts";
import { SqlVolumes } from "./volumes.ts";

const event = {
  type: "volume.deleted",
  subject_kind: "volume",
  subject_id: "v",
  user_id: "u1",
  message: "m",
  data: {},
};

async function addSpace(store: Store, id: string, state: NewSpace["state"], user_id = "u1"): Promise<void> {
  if ((await store.db.selectFrom("templates").selectAll().execute()).length === 0) await addTemplate(store);
  const space: NewSpace = {
    ...{ id, user_id, username: user_id, name: id, description: "", template_id: "template-1", template_version: 1 },
    ...{
      parameters: {},
      secrets: {},
      runtime: "docker",
      spec_hash: "h",
      image: "box",
      ports: [],
      memory_bytes: 1,
      cpus: 1,
    },
    ...{ storage_bytes: 5, working_dir: null, user: null, checks_health: false, state, state_reason: "" },
    volumes: [{ volume: `kn-${id}-home`, name: "home", path: "/home", reserved_bytes: 5 }],
    ...{ desired: "stopped", step: null, deadline_at: null, generation: 3, health: null, keep_volumes: true },
    ...{ idempotency_key: null, group_ids: [], created_at: 1, updated_at: 1 },
  };
  await new SqlSpaces(store).insert(space, event, () => {});
}

storeTest("lists a user's volumes by page, also of a space that is gone", async (_t, store) => {
  const volumes = new SqlVolumes(store);
  for (const id of ["a", "b"]) await addSpace(store, id, "stopped");
  await addSpace(store, "c", "stopped", "u2");
  await new SqlSpaces(store).drop({ id: "b", revision: 1 }, event);
  const viewer = { user_id: "u1", all: false };
  const { items, total, next } = await volumes.list({ viewer }, { limit: 1 });
  assert.deepEqual([items.map(({ id }) => id), total, next], [["kn-a-home"], 2, ["kn-a-home"]]);
  const gone = await volumes.find("kn-b-home");
  assert.deepEqual([gone?.space_state, gone?.attached], [null, false]);
  assert.equal((await volumes.list({ viewer: { ...viewer, all: true }, space: "c" }, { limit: 9 })).total, 1);
});

storeTest("gives up the container of a stopped space together with the volume", async (_t, store) => {
  await addSpace(store, "a", "stopped");
  assert.equal(await new SqlVolumes(store).delete("kn-a-home", event, 9), "deleted");
  const cleanups = await new SqlSpaces(store).cleanups({ space_id: "a" });
  assert.deepEqual(
    cleanups.map(({ kind, generation, volume }) => [kind, generation, volume]),
    [
      ["container", 3, null],
      ["volume", 0, "kn-a-home"],
    ],
  );
  assert.equal((await new SqlSpaces(store).find("a"))?.spec_hash, "");
});

storeTest("leaves the volume of a running space alone", async (_t, store) => {
  await addSpace(store, "a", "running");
  assert.equal(await new SqlVolumes(store).delete("kn-a-home", event, 9), "busy");
  assert.equal((await new SqlVolumes(store).find("kn-a-home")) === null, false);
  assert.equal(await new SqlVolumes(store).delete("kn-x-home", event, 9), null);
});

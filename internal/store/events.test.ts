import assert from "node:assert/strict";
import type { NewEvent } from "../event/schema.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlEvents } from "./events.ts";
import type { Store } from "./store.ts";

const happen = (store: Store, ...events: Partial<NewEvent>[]) =>
  store.transact(async ({ event }) => {
    for (const parts of events) {
      await event({
        type: "space.state",
        subject_kind: "space",
        subject_id: "s",
        user_id: null,
        message: "m",
        data: {},
        ...parts,
      });
    }
  });

const ann = { user_id: "ann", group_ids: [], prefixes: [] };

storeTest("gives back every field", async (_t, store) => {
  await happen(store, { user_id: "ann", at: 7, data: { to: "running" } });
  const [event] = await new SqlEvents(store).latest({ viewer: ann }, 1);
  assert.deepEqual(event, {
    seq: 1,
    at: 7,
    type: "space.state",
    subject_kind: "space",
    subject_id: "s",
    user_id: "ann",
    message: "m",
    data: { to: "running" },
  });
});

storeTest("shows a viewer everyone's events, the viewer's own and those by prefix", async (_t, store) => {
  const events = new SqlEvents(store);
  await happen(store, {}, { user_id: "ann" }, { user_id: "bob" }, { user_id: "bob", type: "spaceXstate" });
  const seqs = async (prefixes: string[]) =>
    (await events.latest({ viewer: { user_id: "ann", group_ids: [], prefixes } }, 9)).map(({ seq }) => seq);
  assert.deepEqual(
    [await seqs([]), await seqs(["space."])],
    [
      [1, 2],
      [1, 2, 3],
    ],
  );
});

storeTest("filters by exact type and by noun", async (_t, store) => {
  const events = new SqlEvents(store);
  await happen(store, { type: "space.state" }, { type: "space.gone" }, { type: "approval.pending" });
  const seqs = async (types: string[]) => (await events.latest({ viewer: ann, types }, 9)).map(({ seq }) => seq);
  assert.deepEqual([await seqs(["space.state"]), await seqs(["space.*"]), await seqs([])], [[1], [1, 2], [1, 2, 3]]);
  assert.deepEqual(await seqs(["approval.*", "space.gone"]), [2, 3]);
});

storeTest("reads a stretch oldest first and the newest ones", async (_t, store) => {
  const events = new SqlEvents(store);
  assert.equal(await events.bounds(), null);
  await happen(store, {}, {}, {}, {}, {});
  const between = await events.between({ viewer: ann }, 1, 4, 2);
  assert.deepEqual(
    between.map(({ seq }) => seq),
    [2, 3],
  );
  assert.deepEqual(
    (await events.latest({ viewer: ann }, 2)).map(({ seq }) => seq),
    [4, 5],
  );
  assert.deepEqual(await events.bounds(), { oldest: 1, newest: 5 });
});

storeTest("prunes by age and by number, and keeps the newest", async (_t, store) => {
  const events = new SqlEvents(store);
  await happen(store, { at: 1 }, { at: 2 }, { at: 3 }, { at: 4 });
  assert.equal(await events.prune(2, 100), 1);
  assert.equal(await events.prune(0, 2), 1);
  assert.equal(await events.prune(99, 100), 1);
  assert.deepEqual(await events.bounds(), { oldest: 4, newest: 4 });
});

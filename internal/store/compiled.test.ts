import assert from "node:assert/strict";
import { storeTest } from "../testkit/store.ts";
import { compiled } from "./compiled.ts";

storeTest("a compiled query is built once, and runs with the values of each time", async (_t, store) => {
  const { db } = store;
  let built = 0;
  const insert = compiled(db, (role: { id: string; permissions: string; at: number }) => {
    built++;
    const text = { name: role.id, description: "", permissions: role.permissions };
    return db.insertInto("roles").values({ id: role.id, ...text, created_at: role.at, updated_at: role.at });
  });
  const find = compiled(db, ({ name, least }: { name: string; least: number }) => {
    built++;
    const made = db.selectFrom("roles").select(["id", "created_at"]).where("created_at", ">=", least);
    return made.where((eb) => eb.or([eb("id", "=", name), eb("name", "=", name)]));
  });
  for (const at of [1, 2, 3]) await insert({ id: `role ${at}`, permissions: "[]", at });
  assert.deepEqual(await find({ name: "role 2", least: 0 }), [{ id: "role 2", created_at: 2 }]);
  assert.deepEqual(await find({ least: 3, name: "role 2" }), []);
  assert.deepEqual(await find({ name: "role 3", least: 3 }), [{ id: "role 3", created_at: 3 }]);
  assert.equal(built, 2);
});

storeTest("a compiled query can be part of a transaction", async (_t, store) => {
  const { db } = store;
  const rename = compiled(db, ({ name }: { name: string }) => db.updateTable("groups").set({ name }));
  const names = compiled(db, () => db.selectFrom("groups").select("name"));
  const group = { id: "g", name: "before", description: "", quota: "{}", created_at: 0, updated_at: 0 };
  await db.insertInto("groups").values(group).execute();
  const undone = store.transact(async (tx) => {
    await rename({ name: "during" }, tx.db);
    assert.deepEqual(await names({}, tx.db), [{ name: "during" }]);
    throw new Error("undone");
  });
  await assert.rejects(undone, /undone/);
  assert.deepEqual(await names({}), [{ name: "before" }]);
});

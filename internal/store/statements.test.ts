import assert from "node:assert/strict";
import { describe, test } from "node:test";
import Database from "better-sqlite3";
import { Kysely, sql } from "kysely";
import { memoryStore } from "../testkit/store.ts";
import { PreparedSqliteDialect } from "./statements.ts";

describe("the statement cache", () => {
  test("prepares a text once, and answers with what is in the table at that time", async () => {
    const database = new Database(":memory:");
    let prepared = 0;
    const counting = {
      close: () => void database.close(),
      prepare: (text: string) => {
        prepared++;
        return database.prepare(text);
      },
    };
    const db = new Kysely<{ t: { n: number } }>({
      dialect: new PreparedSqliteDialect(counting),
    });
    await sql`create table t (n integer)`.execute(db);
    const before = prepared;
    for (const n of [1, 2, 3]) {
      await db.insertInto("t").values({ n }).execute();
      assert.equal((await db.selectFrom("t").selectAll().execute()).length, n);
    }
    assert.equal(prepared - before, 2);
    await db.destroy();
  });

  test("shows the columns that a table got since", async () => {
    const db = new Kysely<{ t: { n: number } }>({
      dialect: new PreparedSqliteDialect(new Database(":memory:")),
    });
    await sql`create table t (n integer)`.execute(db);
    await db.insertInto("t").values({ n: 1 }).execute();
    assert.deepEqual(await db.selectFrom("t").selectAll().execute(), [{ n: 1 }]);
    await sql`alter table t add column more integer default 7`.execute(db);
    assert.deepEqual(await db.selectFrom("t").selectAll().execute(), [{ n: 1, more: 7 }]);
    await db.destroy();
  });

  test("keeps a value out of the plan, and stores it as it is", async () => {
    const db = new Kysely<{ t: { value: string | number | Buffer | null } }>({
      dialect: new PreparedSqliteDialect(new Database(":memory:")),
    });
    await sql`create table t (value)`.execute(db);
    const named = db.selectFrom("t").selectAll().where("value", "=", "a").limit(1).compile();
    assert.equal(named.sql, 'select * from "t" where "value" = +? limit +?');
    for (const value of ["-1", "a", "", -1, 0.5, Number.MAX_SAFE_INTEGER, Buffer.from("b"), null]) {
      await db.insertInto("t").values({ value }).execute();
      assert.deepEqual((await db.selectFrom("t").selectAll().executeTakeFirst())?.value, value);
      await db.deleteFrom("t").execute();
    }
    await db.destroy();
  });
});

test("a full disk is told as such, keeps nothing of the transaction, and is over when there is room", async (t) => {
  const store = await memoryStore(t);
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(store.db);
  const limit = (count: number) => sql.raw(`pragma max_page_count = ${count}`).execute(store.db);
  const write = () =>
    store.transact(async ({ event }) => {
      for (const message of ["a", "b".repeat(1_000_000)])
        await event({
          type: "space.created",
          subject_kind: "space",
          subject_id: "s",
          user_id: null,
          message,
          data: {},
        });
    });
  await limit((pages.rows[0]?.page_count ?? 0) + 3);
  await assert.rejects(write(), { code: "storage_full", status: 507 });
  assert.deepEqual(await store.db.selectFrom("events").selectAll().execute(), []);
  await limit(1_000_000);
  await write();
});

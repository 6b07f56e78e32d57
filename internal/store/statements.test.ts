import assert from "node:assert/strict";
import { describe, test } from "node:test";
import Database from "better-sqlite3";
import { Kysely, sql } from "kysely";
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

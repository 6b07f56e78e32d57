import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ConfigError, loadConfig } from "../config/config.ts";
import { Problem } from "../problem/problem.ts";
import { openStore } from "../store/store.ts";
import { needs } from "../testkit/needs.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { openConfiguredStore, takeNewKey } from "./open-store.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "knot-store-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function configWith(t: TestContext, url: string) {
  const file = join(folder(t), "knot.toml");
  writeFileSync(file, "");
  return loadConfig({ file, env: { KNOT_SERVER_POSTGRES_URL: url }, flags: {} }).config;
}

/** What the person who starts the daemon reads; after `later: ` when starting again may help. */
async function refusalOf(t: TestContext, url: string, data: DataDir): Promise<string> {
  try {
    await using _store = await openConfiguredStore(configWith(t, url), data);
  } catch (thrown) {
    if (thrown instanceof Problem) return `later: ${thrown.message}`;
    assert.ok(thrown instanceof ConfigError, String(thrown));
    return thrown.message;
  }
  return "opened";
}

const refusal = (t: TestContext, url: string, database = join(folder(t), "knot.db")): Promise<string> =>
  refusalOf(t, url, { ...openDataDir(join(folder(t), "data"), ""), database });

describe("a database that cannot be opened", () => {
  test("is told in one line with key, reason and next step when nothing listens", async (t) => {
    const text = await refusal(t, "postgres://u:hush@127.0.0.1:1/x");
    assert.match(
      text,
      /^later: PostgreSQL cannot be used: connect ECONNREFUSED 127\.0\.0\.1:1; start .* server\.postgres\.url\.$/,
    );
    assert.doesNotMatch(text, /hush|\n/);
  });

  test("is told when its host has no address", async (t) => {
    const text = await refusal(t, "postgres://u:hush@knot.invalid/x");
    assert.match(text, /(ENOTFOUND|EAI_AGAIN) knot\.invalid; correct its host name in server\.postgres\.url\.?$/);
  });

  test("is told when the database is missing", needs("postgres"), async (t) => {
    const url = new URL(process.env["KNOT_TEST_POSTGRES"] as string);
    url.pathname = "/knot_is_not_there";
    assert.match(await refusal(t, url.href), /"knot_is_not_there" does not exist; create that database/);
  });

  test("is told when the file is no database, and left as it is", async (t) => {
    const database = join(folder(t), "knot.db");
    writeFileSync(database, "this is a text and no database at all ".repeat(200));
    const text = await refusal(t, "", database);
    assert.equal(
      text,
      `${database}: cannot be opened as a database: file is not a database; restore it from your backup`,
    );
  });

  test("is told when the file cannot be read", async (t) => {
    const database = join(folder(t), "knot.db");
    mkdirSync(database);
    assert.match(
      await refusal(t, "", database),
      /knot\.db: cannot be opened as a database: EISDIR.*may read and write$/,
    );
  });
});

describe("a database of an installation", () => {
  /** A data folder whose database was made with its key. */
  async function made(t: TestContext): Promise<DataDir> {
    const data = openDataDir(join(folder(t), "data"), "");
    assert.equal(await refusalOf(t, "", data), "opened");
    assert.equal(await refusalOf(t, "", data), "opened");
    return data;
  }

  test("is refused with another key, with the next step, until it is told to go on with that one", async (t) => {
    const data = { ...(await made(t)), key: randomBytes(32) };
    assert.match(await refusalOf(t, "", data), /knot\.key: is not the key .*restore it .*knot admin new-key/);
    await takeNewKey(configWith(t, ""), data);
    assert.equal(await refusalOf(t, "", data), "opened");
  });

  test("is refused to another data folder, with the command that mends it", async (t) => {
    const data = await made(t);
    const text = await refusalOf(t, "", { ...data, instance_id: "other" });
    assert.match(text, /instance: is not of this database/);
    assert.ok(text.endsWith(`run: echo ${data.instance_id} > ${join(data.path, "instance")}`), text);
  });

  test("that is damaged in the middle is refused", async (t) => {
    const { database, ...data } = await made(t);
    const bytes = readFileSync(database);
    // every page but the first, which says that this is a database
    bytes.fill(0xa5, 4096);
    writeFileSync(database, bytes);
    assert.match(
      await refusalOf(t, "", { ...data, database }),
      /knot\.db: cannot be opened .*restore it from your backup$/,
    );
  });

  test("that a newer knot has changed is refused", async (t) => {
    const data = await made(t);
    {
      await using store = await openStore({ kind: "sqlite", path: data.database });
      const row = { name: "9999-future", timestamp: new Date().toISOString() };
      await store.db
        .insertInto("kysely_migration" as never)
        .values(row as never)
        .execute();
    }
    assert.match(await refusalOf(t, "", data), /knot\.db: was brought up to date by a newer knot/);
  });
});

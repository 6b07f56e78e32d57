import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ConfigError, loadConfig } from "../config/config.ts";
import { needs } from "../testkit/needs.ts";
import { openConfiguredStore } from "./open-store.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "knot-store-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** What the person who starts the daemon reads. */
async function refusal(t: TestContext, url: string, database = join(folder(t), "knot.db")): Promise<string> {
  const file = join(folder(t), "knot.toml");
  writeFileSync(file, "");
  const { config } = loadConfig({ file, env: { KNOT_SERVER_POSTGRES_URL: url }, flags: {} });
  try {
    await using _store = await openConfiguredStore(config, { database });
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown));
    return thrown.message;
  }
  return "opened";
}

describe("a database that cannot be opened", () => {
  test("is told in one line with key, reason and next step when nothing listens", async (t) => {
    const text = await refusal(t, "postgres://u:hush@127.0.0.1:1/x");
    assert.match(
      text,
      /^PostgreSQL: server\.postgres\.url cannot be used: connect ECONNREFUSED 127\.0\.0\.1:1; start /,
    );
    assert.doesNotMatch(text, /hush|\n/);
  });

  test("is told when its host has no address", async (t) => {
    const text = await refusal(t, "postgres://u:hush@knot.invalid/x");
    assert.match(text, /(ENOTFOUND|EAI_AGAIN) knot\.invalid; correct its host name$/);
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

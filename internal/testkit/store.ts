import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import pg from "pg";
import { openStore, type Store } from "../store/store.ts";
import { needs } from "./needs.ts";

/** An empty SQLite store in memory; closed when the test ends. */
export async function memoryStore(t: TestContext): Promise<Store> {
  const store = await openStore({ kind: "sqlite", path: ":memory:" });
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** Runs the same test against SQLite and PostgreSQL: what a port promises holds on both. */
export function storeTest(name: string, body: (t: TestContext, store: Store) => Promise<void>): void {
  test(`${name} (sqlite)`, async (t) => body(t, await memoryStore(t)));
  test(`${name} (postgres)`, needs("postgres"), async (t) => body(t, await postgresStore(t)));
}

async function postgresStore(t: TestContext): Promise<Store> {
  const store = await openStore({ kind: "postgres", url: await emptyPostgres(t) });
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** The address of an empty PostgreSQL database, which is dropped when the test ends. */
export async function emptyPostgres(t: TestContext): Promise<string> {
  const server = process.env["KNOT_TEST_POSTGRES"] as string;
  const name = `test_${randomBytes(6).toString("hex")}`;
  // a database of its own: in one database, the tables of a schema that another test drops get in the way
  await withAdmin(server, `create database ${name}`);
  t.after(() => withAdmin(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}

async function withAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

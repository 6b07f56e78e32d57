import { chmodSync, closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import { Migrator } from "kysely/migration";
import type { CustomTypesConfig } from "pg";
import type { CommittedEvent, Event, NewEvent } from "../event/schema.ts";
import { Problem } from "../problem/problem.ts";
import { migrations } from "./migrations.ts";
import { PreparedSqliteDialect } from "./statements.ts";
import type { Tables } from "./tables.ts";

/** Where the state lives. SQLite for one daemon, PostgreSQL where several share it. */
export type StoreConfig =
  /** `path` is a file, or ":memory:". */
  { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "postgres"; readonly url: string };

/** A transaction: all of it is committed, or none. Use nothing but `db` and `event` inside, or it waits for itself. */
export type Tx = {
  readonly db: Transaction<Tables>;
  /** Stores an event with the change it tells of; listeners hear it after the commit. */
  readonly event: (event: NewEvent) => Promise<Event>;
};

type Listener = (events: readonly CommittedEvent[]) => void;

/** The database. Acknowledged means durable: SQLite runs in WAL mode with synchronous=FULL. */
export class Store implements AsyncDisposable {
  readonly db: Kysely<Tables>;
  readonly kind: StoreConfig["kind"];
  readonly #listeners = new Set<Listener>();

  constructor(db: Kysely<Tables>, kind: StoreConfig["kind"]) {
    this.db = db;
    this.kind = kind;
  }

  /** Runs `work` in one transaction and announces its events once it is committed. */
  async transact<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const events: CommittedEvent[] = [];
    const transaction = this.db.transaction().execute((db) =>
      work({
        db,
        event: async (event) => {
          const stored = await insertEvent(db, event);
          events.push(stored);
          return stored;
        },
      }),
    );
    const result = await transaction.catch((thrown) => {
      throw withoutRoom(thrown) ?? thrown;
    });
    if (events.length > 0) for (const listener of this.#listeners) listener(events);
    return result;
  }

  /** Hears the events of every committed transaction of this process, in order of commit. Returns the way to stop. */
  onEvents(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Throws when the database does not answer. */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.db);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.destroy();
  }
}

/** What a write without room to write says; null for another error. Nothing of it was kept. */
function withoutRoom(thrown: unknown): Problem | null {
  // disk_full of PostgreSQL, appendix A
  if (!["SQLITE_FULL", "53100"].includes((thrown as { code?: string }).code ?? "")) return null;
  const detail = "There is no space left for knot's database. Free some on its disk and try again.";
  return new Problem("storage_full", detail, { cause: thrown });
}

/** The database does not answer, its file is none or damaged, or it has no room; `cause` is what the driver said. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super("The database cannot be opened.", { cause });
    this.name = "StoreUnavailable";
  }
}

/** A newer knot has changed the schema of this database. */
export class StoreTooNew extends Error {
  constructor() {
    super("The database is newer than this program.");
    this.name = "StoreTooNew";
  }
}

/** Opens the database and brings its schema up to date. Throws StoreUnavailable or StoreTooNew when it cannot. */
export async function openStore(config: StoreConfig): Promise<Store> {
  const db = config.kind === "sqlite" ? openSqlite(config.path) : await openPostgres(config.url);
  const store = new Store(db, config.kind);
  try {
    await store.ping().catch((cause) => {
      throw new StoreUnavailable(cause);
    });
    await migrate(db, config.kind);
    return store;
  } catch (cause) {
    await db.destroy();
    throw cause;
  }
}

async function migrate(db: Kysely<Tables>, kind: StoreConfig["kind"]): Promise<void> {
  const known = migrations(kind);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (typeof (error as { code?: unknown }).code === "string") throw new StoreUnavailable(error);
  // what Kysely says when a migration has run that it was not given
  if (/previously executed migration .* is missing/.test((error as Error).message)) throw new StoreTooNew();
  throw error;
}

function openSqlite(path: string): Kysely<Tables> {
  let database: Database.Database | undefined;
  try {
    if (path !== ":memory:") {
      closeSync(openSync(path, "a", 0o600));
      chmodSync(path, 0o600);
    }
    database = new Database(path);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    database.pragma("busy_timeout = 5000");
    // a damaged file says so now, not in the middle of something
    const verdict = database.pragma("quick_check(1)", { simple: true });
    if (verdict !== "ok") throw Object.assign(new Error("it is damaged"), { code: "SQLITE_CORRUPT" });
  } catch (cause) {
    database?.close();
    throw new StoreUnavailable(cause);
  }
  return new Kysely<Tables>({ dialect: new PreparedSqliteDialect(database) });
}

async function openPostgres(url: string): Promise<Kysely<Tables>> {
  // most daemons have no PostgreSQL, and start sooner without its driver
  const { default: pg } = await import("pg");
  const types = {
    getTypeParser: (oid: number, format?: "text" | "binary") =>
      // int8 holds milliseconds and counts, all below 2^53
      oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text"),
  };
  const pool = new pg.Pool({
    connectionString: url,
    types: types as CustomTypesConfig,
  });
  // an idle connection that breaks is replaced by the pool; without a listener it would end the process
  pool.on("error", () => {});
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

async function insertEvent(db: Transaction<Tables>, event: NewEvent): Promise<CommittedEvent> {
  const { group_ids = null } = event;
  const groups = group_ids === null ? null : JSON.stringify(group_ids);
  const row = { ...event, at: event.at ?? Date.now(), data: JSON.stringify(event.data), group_ids: groups };
  const { seq } = await db.insertInto("events").values(row).returning("seq").executeTakeFirstOrThrow();
  return { ...event, seq: Number(seq), at: row.at, group_ids };
}

import {
  type DatabaseConnection,
  type Driver,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
} from "kysely";

const most = 500;

/** SQLite as Kysely speaks it, with statements that are prepared once and stay so. */
export class PreparedSqliteDialect extends SqliteDialect {
  readonly #database: Database;

  constructor(database: Database) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new OnceRolledBackDriver(this.#database);
  }

  override createQueryCompiler(): SqliteQueryCompiler {
    return new PreparedQueryCompiler();
  }
}

type Database = SqliteDatabase & { readonly inTransaction?: boolean };

/** SQLite has rolled back by itself when the disk is full; a second time would hide why. */
class OnceRolledBackDriver extends SqliteDriver {
  readonly #database: Database;

  constructor(database: Database) {
    super({ database: withStatementCache(database) });
    this.#database = database;
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction !== false) await super.rollbackTransaction(connection);
  }
}

/**
 * Writes a value as `+?`. Of a bare `?` in a condition SQLite looks at the value while it plans, and therefore prepares
 * the statement anew each time it gets another one: five times the cost of the query. The sign itself does nothing.
 */
class PreparedQueryCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return "+?";
  }
}

/**
 * A SQLite database that prepares each text once: preparing costs more than most of our queries. Kysely runs a statement
 * to its end before it asks for another, except in `stream()`, which the store does not use.
 */
function withStatementCache(database: SqliteDatabase): SqliteDatabase {
  const statements = new Map<string, ReturnType<SqliteDatabase["prepare"]>>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      // lists of many lengths make many texts
      if (statements.size >= most) statements.clear();
      const statement = database.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
  };
}

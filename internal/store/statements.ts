import type { SqliteDatabase } from "kysely";

const most = 500;

/**
 * A SQLite database that prepares each text once: preparing costs more than most of our queries. Kysely runs a statement
 * to its end before it asks for another, except in `stream()`, which the store does not use.
 */
export function withStatementCache(database: SqliteDatabase): SqliteDatabase {
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

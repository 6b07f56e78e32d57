import type { AuditFilter, AuditStore, Chain } from "../audit/audit-store.ts";
import type { Link } from "../audit/chain.ts";
import type { AuditEntry, AuditRow } from "../audit/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { Store } from "./store.ts";

export type AuditEntriesTable = { -readonly [Column in keyof AuditEntry]: AuditEntry[Column] };

/** One row: where the chain begins and where it ends. */
export interface AuditChainTable {
  id: number;
  head_seq: number;
  head_hash: string;
  anchor_seq: number;
  anchor_hash: string;
}

/** Below the number of variables a statement may have (SQLite: 32766). */
const rowsPerInsert = 500;

export class SqlAudit implements AuditStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  append(rows: readonly AuditRow[], chained: (previous: Link, row: AuditRow) => AuditEntry): Promise<void> {
    return this.#store.transact(async ({ db }) => {
      // writing first takes the lock on the row, so two daemons do not continue from the same head
      const head = await db
        .updateTable("audit_chain")
        .set(({ ref }) => ({ head_seq: ref("head_seq") }))
        .where("id", "=", 1)
        .returning(["head_seq as seq", "head_hash as hash"])
        .executeTakeFirstOrThrow();
      const entries: AuditEntry[] = [];
      let last: Link = head;
      for (const row of rows) {
        const entry = chained(last, row);
        entries.push(entry);
        last = entry;
      }
      for (let from = 0; from < entries.length; from += rowsPerInsert) {
        await db
          .insertInto("audit_entries")
          .values(entries.slice(from, from + rowsPerInsert))
          .execute();
      }
      await db
        .updateTable("audit_chain")
        .set({ head_seq: last.seq, head_hash: last.hash })
        .where("id", "=", 1)
        .execute();
    });
  }

  async chain(): Promise<Chain> {
    const row = await this.#store.db.selectFrom("audit_chain").selectAll().executeTakeFirstOrThrow();
    return {
      anchor: { seq: row.anchor_seq, hash: row.anchor_hash },
      head: { seq: row.head_seq, hash: row.head_hash },
    };
  }

  after(seq: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#store.db
      .selectFrom("audit_entries")
      .selectAll()
      .where("seq", ">", seq)
      .orderBy("seq")
      .limit(limit)
      .execute();
  }

  async list(filter: AuditFilter, { limit, cursor }: PageRequest): Promise<Page<AuditEntry>> {
    const before = decodeCursor(cursor, 1);
    const matching = this.#matching(filter);
    const { total } = await matching.select(({ fn }) => fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const rows = await matching
      .selectAll()
      .$if(before !== null, (query) => query.where("seq", "<", Number(before?.[0])))
      .orderBy("seq", "desc")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, total: Number(total), next: last === undefined ? null : [String(last.seq)] };
  }

  prune(before: number, limit: number): Promise<number> {
    return this.#store.transact(async ({ db }) => {
      const oldest = await db
        .selectFrom("audit_entries")
        .select(["seq", "at", "hash"])
        .orderBy("seq")
        .limit(limit)
        .execute();
      // a chain can only lose its beginning: an old entry behind a younger one stays as long as that one
      const kept = oldest.findIndex(({ at }) => at >= before);
      const gone = kept === -1 ? oldest : oldest.slice(0, kept);
      const last = gone.at(-1);
      if (last === undefined) return 0;
      await db.deleteFrom("audit_entries").where("seq", "<=", last.seq).execute();
      await db
        .updateTable("audit_chain")
        .set({ anchor_seq: last.seq, anchor_hash: last.hash })
        .where("id", "=", 1)
        .execute();
      return gone.length;
    });
  }

  #matching({ user, operation, outcome, door, since, until }: AuditFilter) {
    let query = this.#store.db.selectFrom("audit_entries");
    if (user !== undefined) {
      query = query.where((eb) => eb.or([eb("user_id", "=", user), eb("username", "=", user)]));
    }
    if (operation !== undefined) query = query.where("operation", "=", operation);
    if (outcome !== undefined) query = query.where("outcome", "=", outcome);
    if (door !== undefined) query = query.where("door", "=", door as AuditEntry["door"]);
    if (since !== undefined) query = query.where("at", ">=", since);
    if (until !== undefined) query = query.where("at", "<", until);
    return query;
  }
}

import { type ExpressionBuilder, sql } from "kysely";
import type { EventFilter, EventStore } from "../event/event-store.ts";
import type { Event } from "../event/schema.ts";
import type { Store } from "./store.ts";
import type { EventsTable, Tables } from "./tables.ts";

export class SqlEvents implements EventStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async between(filter: EventFilter, after: number, through: number, limit: number): Promise<readonly Event[]> {
    const rows = await this.#matching(filter)
      .where("seq", ">", after)
      .where("seq", "<=", through)
      .orderBy("seq")
      .limit(limit)
      .execute();
    return rows.map(eventFrom);
  }

  async latest(filter: EventFilter, limit: number): Promise<readonly Event[]> {
    const rows = await this.#matching(filter).orderBy("seq", "desc").limit(limit).execute();
    return rows.reverse().map(eventFrom);
  }

  async count(filter: EventFilter, after: number, through: number): Promise<number> {
    const { total } = await this.#matching(filter)
      .where("seq", ">", after)
      .where("seq", "<=", through)
      .clearSelect()
      .select(({ fn }) => fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    return Number(total);
  }

  async bounds() {
    const { oldest, newest } = await this.#store.db
      .selectFrom("events")
      .select(({ fn }) => [fn.min("seq").as("oldest"), fn.max("seq").as("newest")])
      .executeTakeFirstOrThrow();
    return oldest === null || newest === null ? null : { oldest: Number(oldest), newest: Number(newest) };
  }

  async prune(before: number, keep: number): Promise<number> {
    const bounds = await this.bounds();
    if (bounds === null) return 0;
    const young = await this.#store.db
      .selectFrom("events")
      .select(({ fn }) => fn.min("seq").as("seq"))
      .where("at", ">=", before)
      .executeTakeFirst();
    const first = Math.max(Number(young?.seq ?? bounds.newest), bounds.newest - Math.max(keep, 1) + 1);
    const { numDeletedRows } = await this.#store.db.deleteFrom("events").where("seq", "<", first).executeTakeFirst();
    return Number(numDeletedRows);
  }

  #matching({ viewer, types }: EventFilter) {
    const query = this.#store.db
      .selectFrom("events")
      .select(["seq", "at", "type", "subject_kind", "subject_id", "user_id", "message", "data"])
      .where((eb) =>
        eb.or([
          eb.and([eb("user_id", "is", null), eb("group_ids", "is", null)]),
          eb("user_id", "=", viewer.user_id),
          // ids are UUIDs, which mean nothing to `like`
          ...viewer.group_ids.map((id) => eb("group_ids", "like", `%"${id}"%`)),
          ...viewer.prefixes.map((prefix) => begins(eb, prefix)),
        ]),
      );
    if (types === undefined || types.length === 0) return query;
    return query.where((eb) =>
      eb.or(types.map((type) => (type.endsWith("*") ? begins(eb, type.slice(0, -1)) : eb("type", "=", type)))),
    );
  }
}

/** Not `like`: an underscore would match anything. */
const begins = (eb: ExpressionBuilder<Tables, "events">, prefix: string) =>
  eb(sql<string>`substr(${eb.ref("type")}, 1, ${sql.lit(prefix.length)})`, "=", prefix);

type Row = Omit<EventsTable, "seq" | "group_ids"> & { readonly seq: number };

const eventFrom = (row: Row): Event => ({ ...row, seq: Number(row.seq), data: JSON.parse(row.data) });

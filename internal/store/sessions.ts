import type { ExpressionBuilder } from "kysely";
import type { SessionStore, StoredSession } from "../auth/sessions.ts";
import type { NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

export interface SessionsTable {
  id: string;
  user_id: string;
  /** SHA-256 of the secret in the cookie, in hex. */
  digest: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ip: string;
  user_agent: string;
}

const columns = ["id", "user_id", "created_at", "last_seen_at", "expires_at", "ip", "user_agent"] as const;

export class SqlSessions implements SessionStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async start(session: StoredSession, digest: string, idleSince: number, event: NewEvent): Promise<void> {
    await this.#store.transact(async (tx) => {
      const { user_id, created_at } = session;
      await tx.db
        .deleteFrom("sessions")
        .where("user_id", "=", user_id)
        .where((eb) => ended(eb, idleSince, created_at))
        .execute();
      await tx.db
        .insertInto("sessions")
        .values({ ...session, digest })
        .execute();
      await tx.db.updateTable("users").set({ last_login_at: created_at }).where("id", "=", user_id).execute();
      await tx.event(event);
    });
  }

  async list(
    userId: string,
    { limit, cursor }: PageRequest,
    idleSince: number,
    now: number,
  ): Promise<Page<StoredSession>> {
    const after = decodeCursor(cursor, 2);
    const alive = this.#store.db
      .selectFrom("sessions")
      .where("user_id", "=", userId)
      .where((eb) => eb.not(ended(eb, idleSince, now)));
    const rows = await alive
      .select(columns)
      .$if(after !== null, (query) =>
        query.where((eb) => {
          const [at, id] = [Number(after?.[0]), after?.[1] as string];
          return eb.or([eb("created_at", "<", at), eb.and([eb("created_at", "=", at), eb("id", "<", id)])]);
        }),
      )
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    const { total } = await alive.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      total: Number(total),
      next: rows.length > limit && last ? [String(last.created_at), last.id] : null,
    };
  }

  async find(by: { readonly digest: string } | { readonly id: string }): Promise<StoredSession | null> {
    const query = this.#store.db.selectFrom("sessions").select(columns);
    const found = "id" in by ? query.where("id", "=", by.id) : query.where("digest", "=", by.digest);
    return (await found.executeTakeFirst()) ?? null;
  }

  async reissue(id: string, digest: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable("sessions")
        .set({ digest })
        .where("id", "=", id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }

  async end(id: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numDeletedRows } = await tx.db.deleteFrom("sessions").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }

  async sweep(idleSince: number, now: number): Promise<number> {
    const { numDeletedRows } = await this.#store.db
      .deleteFrom("sessions")
      .where((eb) => ended(eb, idleSince, now))
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}

const ended = (eb: ExpressionBuilder<Tables, "sessions">, idleSince: number, now: number) =>
  eb.or([eb("last_seen_at", "<=", idleSince), eb("expires_at", "<=", now)]);

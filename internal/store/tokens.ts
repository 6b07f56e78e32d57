import type { NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { Token } from "../token/schema.ts";
import type { TokenOrigin, TokenStore } from "../token/token.ts";
import type { Store } from "./store.ts";
import { unlessTaken } from "./unique.ts";

export interface TokensTable {
  id: string;
  user_id: string;
  name: string;
  /** SHA-256 of the secret, in hex. */
  digest: string;
  /** A JSON array. */
  scopes: string;
  group_id: string | null;
  /** A JSON array of token ids, its own last; ids of revoked tokens stay. */
  lineage: string;
  created_at: number;
  issued_at: number;
  expires_at: number;
  last_used_at: number | null;
}

const columns = [
  "id",
  "user_id",
  "name",
  "scopes",
  "group_id",
  "created_at",
  "issued_at",
  "expires_at",
  "last_used_at",
] as const;

export class SqlTokens implements TokenStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(userId: string, { limit, cursor }: PageRequest): Promise<Page<Token>> {
    const after = decodeCursor(cursor, 1)?.[0];
    const rows = await this.#store.db
      .selectFrom("tokens")
      .select(columns)
      .where("user_id", "=", userId)
      .$if(after !== undefined, (query) => query.where("name", ">", after as string))
      .orderBy("name")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(tokenFrom);
    const last = items.at(-1);
    return { items, total: await this.count(userId), next: rows.length > limit && last ? [last.name] : null };
  }

  async findById(id: string): Promise<Token | null> {
    const row = await this.#store.db.selectFrom("tokens").select(columns).where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : tokenFrom(row);
  }

  async findByName(userId: string, name: string): Promise<Token | null> {
    const row = await this.#store.db
      .selectFrom("tokens")
      .select(columns)
      .where("user_id", "=", userId)
      .where("name", "=", name)
      .executeTakeFirst();
    return row === undefined ? null : tokenFrom(row);
  }

  async lineage(id: string): Promise<readonly string[]> {
    const row = await this.#store.db.selectFrom("tokens").select("lineage").where("id", "=", id).executeTakeFirst();
    return row === undefined ? [] : JSON.parse(row.lineage);
  }

  async count(userId: string): Promise<number> {
    const { count } = await this.#store.db
      .selectFrom("tokens")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  async insert(token: Token, { digest, lineage }: TokenOrigin, event: NewEvent): Promise<"created" | "taken"> {
    const write = this.#store.transact(async (tx) => {
      await tx.db
        .insertInto("tokens")
        .values({ ...token, scopes: JSON.stringify(token.scopes), lineage: JSON.stringify(lineage), digest })
        .execute();
      await tx.event(event);
      return "created" as const;
    });
    return unlessTaken(write, () => "taken" as const);
  }

  async reissue(
    id: string,
    digest: string,
    { issued_at, expires_at }: { readonly issued_at: number; readonly expires_at: number },
    event: NewEvent,
  ): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable("tokens")
        .set({ digest, issued_at, expires_at })
        .where("id", "=", id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }

  async delete(id: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numDeletedRows } = await tx.db.deleteFrom("tokens").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }
}

const tokenFrom = (row: Omit<TokensTable, "digest" | "lineage">): Token => ({ ...row, scopes: JSON.parse(row.scopes) });

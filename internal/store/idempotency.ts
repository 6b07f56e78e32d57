import type { IdempotencyKey, IdempotencyRow, IdempotencyStore } from "../idempotency/idempotency-store.ts";
import type { Store } from "./store.ts";

export type IdempotencyKeysTable = { -readonly [Column in keyof IdempotencyRow]: IdempotencyRow[Column] };

export class SqlIdempotency implements IdempotencyStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async claim(row: IdempotencyRow): Promise<IdempotencyRow | null> {
    const { numInsertedOrUpdatedRows } = await this.#store.db
      .insertInto("idempotency_keys")
      .values(row)
      .onConflict((conflict) => conflict.columns(["user_id", "operation", "key"]).doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return null;
    const known = await this.#store.db
      .selectFrom("idempotency_keys")
      .selectAll()
      .where((eb) => eb.and(keyOf(row)))
      .executeTakeFirst();
    // the one who held it let go between the two statements
    return known ?? this.claim(row);
  }

  async takeOver(known: IdempotencyRow, row: IdempotencyRow): Promise<boolean> {
    const { numUpdatedRows } = await this.#store.db
      .updateTable("idempotency_keys")
      .set(row)
      .where((eb) => eb.and(keyOf(known)))
      .where("boot_id", "=", known.boot_id)
      .where("created_at", "=", known.created_at)
      .where("state", "=", known.state)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async finish(key: IdempotencyKey, output: string): Promise<void> {
    await this.#store.db
      .updateTable("idempotency_keys")
      .set({ state: "done", output })
      .where((eb) => eb.and(keyOf(key)))
      .execute();
  }

  async release(key: IdempotencyKey): Promise<void> {
    await this.#store.db
      .deleteFrom("idempotency_keys")
      .where((eb) => eb.and(keyOf(key)))
      .where("state", "=", "running")
      .execute();
  }

  async prune(created_before: number): Promise<number> {
    const { numDeletedRows } = await this.#store.db
      .deleteFrom("idempotency_keys")
      .where("created_at", "<", created_before)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}

const keyOf = ({ user_id, operation, key }: IdempotencyKey) => ({ user_id, operation, key });

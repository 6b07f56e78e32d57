import type { Store } from "./store.ts";

/** Whose database this is: the name its containers wear, and which key its secrets are sealed with. */
export type Installation = { readonly instance_id: string; readonly key_id: string };

/** One row, once there is any. */
export interface InstallationTable {
  id: number;
  instance_id: string;
  key_id: string;
}

export class SqlInstallation {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes an unclaimed database that of `claimant`; resolves to whose it is. */
  async claim(claimant: Installation): Promise<Installation> {
    await this.#store.db
      .insertInto("installation")
      .values({ id: 1, ...claimant })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
    return this.#store.db
      .selectFrom("installation")
      .select(["instance_id", "key_id"])
      .where("id", "=", 1)
      .executeTakeFirstOrThrow();
  }

  /** From now on the key is this one. */
  async setKey(key_id: string): Promise<void> {
    await this.#store.db.updateTable("installation").set({ key_id }).where("id", "=", 1).execute();
  }
}

import type { NewEvent } from "../event/schema.ts";
import type { RoleStore } from "../role/role.ts";
import type { Role } from "../role/schema.ts";
import type { Store } from "./store.ts";
import { unlessTaken } from "./unique.ts";

export interface RolesTable {
  id: string;
  name: string;
  description: string;
  /** Names of permissions, as a JSON array. */
  permissions: string;
  created_at: number;
  updated_at: number;
}

type CustomRole = Omit<Role, "built_in">;

export class SqlRoles implements RoleStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async all(): Promise<readonly CustomRole[]> {
    const rows = await this.#store.db.selectFrom("roles").selectAll().orderBy("name").execute();
    return rows.map((row) => ({ ...row, permissions: JSON.parse(row.permissions) }));
  }

  async insert(role: CustomRole, event: NewEvent): Promise<"created" | "taken"> {
    const write = this.#store.transact(async (tx) => {
      await tx.db.insertInto("roles").values(rowFrom(role)).execute();
      await tx.event(event);
      return "created" as const;
    });
    return unlessTaken(write, () => "taken" as const);
  }

  async update(role: CustomRole, event: NewEvent): Promise<"updated" | "taken" | null> {
    const write = this.#store.transact(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable("roles")
        .set(rowFrom(role))
        .where("id", "=", role.id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return null;
      await tx.event(event);
      return "updated" as const;
    });
    return unlessTaken(write, () => "taken" as const);
  }

  async delete(id: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numDeletedRows } = await tx.db.deleteFrom("roles").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await tx.db.deleteFrom("user_roles").where("role_id", "=", id).execute();
      await tx.event(event);
      return true;
    });
  }

  async holders(id: string): Promise<number> {
    const { count } = await this.#store.db
      .selectFrom("user_roles")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("role_id", "=", id)
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}

const rowFrom = (role: CustomRole): RolesTable => ({
  id: role.id,
  name: role.name,
  description: role.description,
  permissions: JSON.stringify(role.permissions),
  created_at: role.created_at,
  updated_at: role.updated_at,
});

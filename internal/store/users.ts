import { type ExpressionBuilder, type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { FirstUserStore } from "../auth/setup.ts";
import type { NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { User } from "../user/schema.ts";
import type { NewUser, Taken, UserChange, UserStore } from "../user/user-store.ts";
import { type Compiled, compiled } from "./compiled.ts";
import type { Store, Tx } from "./store.ts";
import type { Tables } from "./tables.ts";
import { unlessTaken } from "./unique.ts";

export interface UsersTable {
  id: string;
  username: string;
  email: string | null;
  display_name: string;
  password_hash: string | null;
  active: number;
  /** A Quota as JSON. */
  quota: string;
  created_at: number;
  updated_at: number;
  last_login_at: number | null;
}

export interface UserRolesTable {
  user_id: string;
  role_id: string;
}

/** Any number will do as long as nothing else in knot takes the same lock. */
const identityLock = 7_203_511;

export class SqlUsers implements UserStore, FirstUserStore {
  readonly #store: Store;
  readonly #find: Compiled<{ ref: string }, UserRow>;

  constructor(store: Store) {
    this.#store = store;
    this.#find = compiled(store.db, ({ ref }) =>
      selectUsers(store.db).where((eb) => eb.or([eb("id", "=", ref), eb("username", "=", ref)])),
    );
  }

  async list(request: PageRequest & { readonly query?: string | undefined }): Promise<Page<User>> {
    const { db } = this.#store;
    const after = decodeCursor(request.cursor, 1)?.[0];
    const matching = <Output>(query: SelectQueryBuilder<Tables, "users", Output>) =>
      request.query === undefined ? query : query.where((eb) => contains(eb, request.query as string));
    const rows = await matching(selectUsers(db))
      .$if(after !== undefined, (query) => query.where("username", ">", after as string))
      .orderBy("username")
      .limit(request.limit + 1)
      .execute();
    const { total } = await matching(
      db.selectFrom("users").select((eb) => eb.fn.countAll<number>().as("total")),
    ).executeTakeFirstOrThrow();
    const items = rows.slice(0, request.limit).map(userFrom);
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > request.limit && last ? [last.username] : null };
  }

  async find(ref: string): Promise<User | null> {
    const [row] = await this.#find({ ref });
    return row === undefined ? null : userFrom(row);
  }

  async insert(user: NewUser, event: NewEvent): Promise<User | Taken> {
    return unlessTaken(
      this.#store.transact((tx) => insertUser(tx, user, event)),
      takenFrom,
    );
  }

  async insertFirst(user: NewUser, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      await this.#lock(tx);
      if ((await countUsers(tx.db)) > 0) return false;
      await insertUser(tx, user, event);
      return true;
    });
  }

  async isEmpty(): Promise<boolean> {
    return (await countUsers(this.#store.db)) === 0;
  }

  async update(id: string, { role_ids, ...change }: UserChange & { readonly updated_at: number }, event: NewEvent) {
    const guarded = this.#keepingAnAdmin(async (tx) => {
      const { db } = tx;
      const { numUpdatedRows } = await db
        .updateTable("users")
        .set(columnsOf(change))
        .where("id", "=", id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return null;
      if (role_ids !== undefined) {
        await db.deleteFrom("user_roles").where("user_id", "=", id).execute();
        await insertRoles(tx, id, role_ids);
      }
      if (change.active === false) await db.deleteFrom("sessions").where("user_id", "=", id).execute();
      await tx.event(event);
      const row = await selectUsers(db).where("id", "=", id).executeTakeFirst();
      return row === undefined ? null : userFrom(row);
    });
    return unlessTaken(guarded, takenFrom);
  }

  async delete(id: string, event: NewEvent) {
    return this.#keepingAnAdmin(async (tx) => {
      const { numDeletedRows } = await tx.db.deleteFrom("users").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) return null;
      await tx.event(event);
      return "deleted" as const;
    });
  }

  async passwordHash(id: string): Promise<string | null> {
    const row = await this.#store.db
      .selectFrom("users")
      .select("password_hash")
      .where("id", "=", id)
      .executeTakeFirst();
    return row?.password_hash ?? null;
  }

  async setPassword(id: string, hash: string, keepSession: string | null, event: NewEvent): Promise<void> {
    await this.#store.transact(async (tx) => {
      await tx.db.updateTable("users").set({ password_hash: hash }).where("id", "=", id).execute();
      await tx.db
        .deleteFrom("sessions")
        .where("user_id", "=", id)
        .$if(keepSession !== null, (query) => query.where("id", "!=", keepSession as string))
        .execute();
      await tx.event(event);
    });
  }

  /** Undoes `change` when it would take away the last active admin. Those who could race for it wait in line. */
  async #keepingAnAdmin<Result>(change: (tx: Tx) => Promise<Result>): Promise<Result | "last_admin"> {
    try {
      return await this.#store.transact(async (tx) => {
        await this.#lock(tx);
        const before = await countAdmins(tx.db);
        const result = await change(tx);
        if (before > 0 && (await countAdmins(tx.db)) === 0) throw new LastAdmin();
        return result;
      });
    } catch (thrown) {
      if (thrown instanceof LastAdmin) return "last_admin";
      throw thrown;
    }
  }

  async #lock({ db }: Tx): Promise<void> {
    // SQLite has one writer; PostgreSQL would let two transactions each see the other's admin
    if (this.#store.kind === "postgres") await sql`select pg_advisory_xact_lock(${identityLock})`.execute(db);
  }
}

class LastAdmin extends Error {}

const takenFrom = (columns: string): Taken => ({ taken: columns.includes("email") ? "email" : "username" });

async function insertUser(tx: Tx, { role_ids, ...user }: NewUser, event: NewEvent): Promise<User> {
  const row = {
    ...user,
    active: user.active ? 1 : 0,
    quota: JSON.stringify(user.quota),
    updated_at: user.created_at,
    last_login_at: null,
  };
  await tx.db.insertInto("users").values(row).execute();
  await insertRoles(tx, user.id, role_ids);
  await tx.event(event);
  return userFrom({ ...row, role_ids: role_ids.join() || null, group_ids: null });
}

async function insertRoles({ db }: Tx, user_id: string, role_ids: readonly string[]): Promise<void> {
  if (role_ids.length === 0) return;
  await db
    .insertInto("user_roles")
    .values(role_ids.map((role_id) => ({ user_id, role_id })))
    .execute();
}

const columnsOf = ({ active, quota, ...rest }: Omit<UserChange, "role_ids"> & { readonly updated_at: number }) => ({
  ...rest,
  active: active === undefined ? undefined : active ? 1 : 0,
  quota: quota === undefined ? undefined : JSON.stringify(quota),
});

async function countUsers(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom("users")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function countAdmins(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom("users")
    .innerJoin("user_roles", "user_roles.user_id", "users.id")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("users.active", "=", 1)
    .where("user_roles.role_id", "=", "admin")
    .executeTakeFirstOrThrow();
  return Number(count);
}

function contains(eb: ExpressionBuilder<Tables, "users">, text: string) {
  const pattern = `%${text.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`;
  const like = (column: "username" | "email" | "display_name") =>
    sql<boolean>`lower(${eb.ref(column)}) like ${pattern} escape '\\'`;
  return eb.or([like("username"), like("email"), like("display_name")]);
}

// no id has one
const comma = sql.lit(",");

const idsOf = (text: string | null): string[] => text?.split(",").sort() ?? [];

type UserRow = UsersTable & { readonly role_ids: string | null; readonly group_ids: string | null };

/** The rows with the ids of roles and groups, each as one text. */
const selectUsers = (db: Kysely<Tables>) =>
  db
    .selectFrom("users")
    .selectAll("users")
    .select((eb) => [
      eb
        .selectFrom("user_roles")
        .select(({ fn }) => fn.agg<string | null>("string_agg", ["role_id", comma]).as("ids"))
        .whereRef("user_roles.user_id", "=", "users.id")
        .as("role_ids"),
      eb
        .selectFrom("group_members")
        .select(({ fn }) => fn.agg<string | null>("string_agg", ["group_id", comma]).as("ids"))
        .whereRef("group_members.user_id", "=", "users.id")
        .as("group_ids"),
    ]);

const userFrom = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  display_name: row.display_name,
  role_ids: idsOf(row.role_ids),
  group_ids: idsOf(row.group_ids),
  active: row.active === 1,
  has_password: row.password_hash !== null,
  quota: JSON.parse(row.quota),
  created_at: row.created_at,
  updated_at: row.updated_at,
  last_login_at: row.last_login_at,
});

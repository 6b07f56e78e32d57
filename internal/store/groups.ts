import type { ExpressionBuilder } from "kysely";
import type { NewEvent } from "../event/schema.ts";
import type { GroupStore } from "../group/group.ts";
import type { Group, GroupMember } from "../group/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { Quota } from "../operation/quota.ts";
import type { GroupsOfUser } from "../user/user.ts";
import { type Compiled, compiled } from "./compiled.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";
import { unlessTaken } from "./unique.ts";

export interface GroupsTable {
  id: string;
  name: string;
  description: string;
  /** A Quota as JSON. */
  quota: string;
  created_at: number;
  updated_at: number;
}

export interface GroupMembersTable {
  group_id: string;
  user_id: string;
}

type StoredGroup = Omit<Group, "member_count">;

export class SqlGroups implements GroupStore, GroupsOfUser {
  readonly #store: Store;
  readonly #groupsOf: Compiled<{ userId: string }, Pick<GroupsTable, "id" | "name" | "quota">>;

  constructor(store: Store) {
    this.#store = store;
    this.#groupsOf = compiled(store.db, ({ userId }) =>
      store.db
        .selectFrom("groups")
        .innerJoin("group_members", "group_members.group_id", "groups.id")
        .select(["groups.id", "groups.name", "groups.quota"])
        .where("group_members.user_id", "=", userId)
        .orderBy("groups.name"),
    );
  }

  async list({ limit, cursor, memberId }: PageRequest & { memberId?: string | undefined }): Promise<Page<Group>> {
    const after = decodeCursor(cursor, 1)?.[0];
    const mine = this.#store.db.selectFrom("groups").$if(memberId !== undefined, (query) =>
      query.where(
        "id",
        "in",
        this.#store.db
          .selectFrom("group_members")
          .select("group_id")
          .where("user_id", "=", memberId as string),
      ),
    );
    const rows = await mine
      .selectAll()
      .select(memberCount)
      .$if(after !== undefined, (query) => query.where("name", ">", after as string))
      .orderBy("name")
      .limit(limit + 1)
      .execute();
    const { total } = await mine.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const items = rows.slice(0, limit).map(groupFrom);
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > limit && last ? [last.name] : null };
  }

  async find(ref: string): Promise<Group | null> {
    const row = await this.#store.db
      .selectFrom("groups")
      .selectAll()
      .select(memberCount)
      .where((eb) => eb.or([eb("id", "=", ref), eb("name", "=", ref)]))
      .executeTakeFirst();
    return row === undefined ? null : groupFrom(row);
  }

  async members(id: string): Promise<readonly GroupMember[]> {
    return this.#store.db
      .selectFrom("group_members")
      .innerJoin("users", "users.id", "group_members.user_id")
      .select(["users.id", "users.username", "users.display_name"])
      .where("group_members.group_id", "=", id)
      .orderBy("users.username")
      .execute();
  }

  async groupsOf(userId: string): Promise<readonly { id: string; name: string; quota: Quota }[]> {
    const rows = await this.#groupsOf({ userId });
    return rows.map((row) => ({ ...row, quota: JSON.parse(row.quota) }));
  }

  async insert(group: StoredGroup, event: NewEvent): Promise<"created" | "taken"> {
    const write = this.#store.transact(async (tx) => {
      await tx.db.insertInto("groups").values(rowFrom(group)).execute();
      await tx.event(event);
      return "created" as const;
    });
    return unlessTaken(write, () => "taken" as const);
  }

  async update(group: StoredGroup, event: NewEvent): Promise<"updated" | "taken" | null> {
    const write = this.#store.transact(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable("groups")
        .set(rowFrom(group))
        .where("id", "=", group.id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return null;
      await tx.event(event);
      return "updated" as const;
    });
    return unlessTaken(write, () => "taken" as const);
  }

  async delete(id: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numDeletedRows } = await tx.db.deleteFrom("groups").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }

  async addMember(group_id: string, user_id: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx.db
        .insertInto("group_members")
        .values({ group_id, user_id })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if ((numInsertedOrUpdatedRows ?? 0n) === 0n) return false;
      await tx.event(event);
      return true;
    });
  }

  async removeMember(group_id: string, user_id: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numDeletedRows } = await tx.db
        .deleteFrom("group_members")
        .where("group_id", "=", group_id)
        .where("user_id", "=", user_id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }
}

const memberCount = (eb: ExpressionBuilder<Tables, "groups">) =>
  eb
    .selectFrom("group_members")
    .select((inner) => inner.fn.countAll<number>().as("count"))
    .whereRef("group_members.group_id", "=", "groups.id")
    .as("member_count");

const groupFrom = (row: GroupsTable & { member_count: number | null }): Group => ({
  ...row,
  quota: JSON.parse(row.quota),
  member_count: Number(row.member_count),
});

const rowFrom = (group: StoredGroup): GroupsTable => ({
  id: group.id,
  name: group.name,
  description: group.description,
  quota: JSON.stringify(group.quota),
  created_at: group.created_at,
  updated_at: group.updated_at,
});

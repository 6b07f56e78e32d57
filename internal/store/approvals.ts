import type {
  ApprovalChange,
  ApprovalFilter,
  ApprovalPolicyStore,
  ApprovalStore,
  StoredApproval,
  StoredPolicy,
} from "../approval/approval-store.ts";
import { type ApprovalState, endedStates } from "../approval/schema.ts";
import type { NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { Store } from "./store.ts";

export type ApprovalsTable = { -readonly [Column in keyof StoredApproval]: StoredApproval[Column] };
export type ApprovalPoliciesTable = { -readonly [Column in keyof StoredPolicy]: StoredPolicy[Column] };

export class SqlApprovals implements ApprovalStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(approval: StoredApproval, event: NewEvent) {
    return this.#store.transact(async ({ db, event: announce }) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("approvals")
        .values(approval)
        .onConflict((conflict) => conflict.column("open_key").doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) {
        await announce(event);
        return { added: true, approval };
      }
      const known = await db
        .selectFrom("approvals")
        .selectAll()
        .where("open_key", "=", approval.open_key)
        .executeTakeFirstOrThrow();
      return { added: false, approval: known };
    });
  }

  async get(id: string): Promise<StoredApproval | null> {
    return (await this.#rows().where("id", "=", id).executeTakeFirst()) ?? null;
  }

  async findOpen(open_key: string): Promise<StoredApproval | null> {
    return (await this.#rows().where("open_key", "=", open_key).executeTakeFirst()) ?? null;
  }

  change(id: string, { from, set, event, unexpired_at }: ApprovalChange): Promise<StoredApproval | null> {
    return this.#store.transact(async ({ db, event: announce }) => {
      const row = await db
        .updateTable("approvals")
        .set(set)
        .where("id", "=", id)
        .where("state", "in", from)
        .$if(unexpired_at !== undefined, (query) => query.where("expires_at", ">", unexpired_at as number))
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return null;
      if (event !== undefined) await announce(event(row));
      return row;
    });
  }

  async list(filter: ApprovalFilter, { limit, cursor }: PageRequest): Promise<Page<StoredApproval>> {
    const after = decodeCursor(cursor, 2);
    const matching = this.#store.db
      .selectFrom("approvals")
      .$if(filter.user_id !== undefined, (query) => query.where("user_id", "=", filter.user_id as string))
      .$if(filter.state !== undefined, (query) => query.where("state", "=", filter.state as ApprovalState));
    const { total } = await matching.select(({ fn }) => fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const rows = await matching
      .selectAll()
      .$if(after !== null, (query) =>
        query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple("created_at", "id"), "<", tuple(Number(after?.[0]), String(after?.[1]))),
        ),
      )
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, total: Number(total), next: last === undefined ? null : [String(last.created_at), last.id] };
  }

  inState(state: ApprovalState): Promise<readonly StoredApproval[]> {
    return this.#rows().where("state", "=", state).orderBy("created_at").execute();
  }

  overdue(now: number): Promise<readonly StoredApproval[]> {
    return this.#rows().where("state", "=", "pending").where("expires_at", "<=", now).limit(1000).execute();
  }

  async usersWithOpen(): Promise<readonly string[]> {
    const rows = await this.#store.db
      .selectFrom("approvals")
      .select("user_id")
      .distinct()
      .where("open_key", "is not", null)
      .execute();
    return rows.map(({ user_id }) => user_id);
  }

  async release(expired_before: number): Promise<void> {
    await this.#store.db
      .updateTable("approvals")
      .set({ open_key: null })
      .where("open_key", "is not", null)
      .where("state", "in", endedStates)
      .where("expires_at", "<", expired_before)
      .execute();
  }

  async prune(created_before: number): Promise<number> {
    const { numDeletedRows } = await this.#store.db
      .deleteFrom("approvals")
      .where("state", "in", endedStates)
      .where("created_at", "<", created_before)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  #rows() {
    return this.#store.db.selectFrom("approvals").selectAll();
  }
}

export class SqlApprovalPolicies implements ApprovalPolicyStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  all(): Promise<readonly StoredPolicy[]> {
    return this.#store.db.selectFrom("approval_policies").selectAll().orderBy("created_at").orderBy("id").execute();
  }

  put(policy: StoredPolicy): Promise<StoredPolicy> {
    const { mode, subject_name, created_by, created_at } = policy;
    return this.#store.db
      .insertInto("approval_policies")
      .values(policy)
      .onConflict((conflict) =>
        conflict
          .columns(["subject", "subject_id", "tool", "set_by"])
          .doUpdateSet({ mode, subject_name, created_by, created_at }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async delete(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#store.db
      .deleteFrom("approval_policies")
      .where("id", "=", id)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }
}

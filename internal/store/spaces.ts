import type { Event, NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type {
  Admission,
  Cleanup,
  NewSpace,
  PlannedVolume,
  Reservation,
  RuntimeName,
  SpaceEdit,
  SpaceFilter,
  SpaceRow,
  SpaceStore,
  StateChange,
  SweepRow,
} from "../space/space-store.ts";
import { isBrokenReference } from "./reference.ts";
import {
  addCleanup,
  attachVolumes,
  byKeyIn,
  columnsOf,
  findIn,
  joined,
  lockUser,
  matches,
  nameTaken,
  planColumns,
  releaseVolumes,
  type SpacesTable,
  setGroups,
  usageIn,
  volumesIn,
  withGroups,
} from "./space-rows.ts";
import type { Store } from "./store.ts";

export class SqlSpaces implements SpaceStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(filter: SpaceFilter, { limit, cursor }: PageRequest): Promise<Page<SpaceRow>> {
    const { db } = this.#store;
    const after = decodeCursor(cursor, 2);
    const mine = db.selectFrom("spaces").where((eb) => matches(eb, filter));
    const rows = await joined(db, mine)
      .$if(after !== null, (query) =>
        query.where((eb) => eb(eb.refTuple("spaces.name", "spaces.id"), ">", eb.tuple(after![0]!, after![1]!))),
      )
      .orderBy("spaces.name")
      .orderBy("spaces.id")
      .limit(limit + 1)
      .execute();
    const { total } = await mine.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const items = await withGroups(db, rows.slice(0, limit));
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > limit && last ? [last.name, last.id] : null };
  }

  async find(id: string): Promise<SpaceRow | null> {
    return findIn(this.#store.db, id);
  }

  async named(name: string, username?: string): Promise<readonly SpaceRow[]> {
    const { db } = this.#store;
    const rows = await joined(db)
      .where("spaces.name", "=", name)
      .$if(username !== undefined, (query) => query.where("spaces.username", "=", username as string))
      .orderBy("spaces.id")
      .execute();
    return withGroups(db, rows);
  }

  async byKey(user_id: string, key: string): Promise<SpaceRow | null> {
    return byKeyIn(this.#store.db, user_id, key);
  }

  async insert(space: NewSpace, event: NewEvent, admit: Admission) {
    try {
      return await this.#insert(space, event, admit);
    } catch (error) {
      if (isBrokenReference(error)) return "template_gone" as const;
      throw error;
    }
  }

  #insert(space: NewSpace, event: NewEvent, admit: Admission) {
    return this.#store.transact(async (tx) => {
      await lockUser(this.#store, tx, space.user_id);
      if (space.idempotency_key !== null) {
        const existing = await byKeyIn(tx.db, space.user_id, space.idempotency_key);
        if (existing !== null) return { existing };
      }
      if (await nameTaken(tx.db, space.user_id, space.name, space.id)) return "name_taken" as const;
      admit(await usageIn(tx.db, space.user_id, space.id));
      await tx.db
        .insertInto("spaces")
        .values({ ...columnsOf(space), ...planColumns(space) })
        .execute();
      await setGroups(tx.db, space.id, space.group_ids);
      await attachVolumes(tx.db, space, space.created_at);
      await tx.event(event);
      return (await findIn(tx.db, space.id)) as SpaceRow;
    });
  }

  async commit(
    row: Pick<SpaceRow, "id" | "revision">,
    change: StateChange,
    event: NewEvent,
    admit?: Admission,
  ): Promise<SpaceRow | null> {
    return this.#store.transact(async (tx) => {
      const before = await findIn(tx.db, row.id);
      if (before === null) return null;
      if (admit !== undefined) await lockUser(this.#store, tx, before.user_id);
      const { plan, keep_volumes, ...rest } = change;
      const { numUpdatedRows } = await tx.db
        .updateTable("spaces")
        .set({
          ...rest,
          ...(plan === undefined ? {} : planColumns(plan)),
          ...(keep_volumes === undefined ? {} : { keep_volumes: keep_volumes ? 1 : 0 }),
          revision: row.revision + 1,
        })
        .where("id", "=", row.id)
        .where("revision", "=", row.revision)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return null;
      admit?.(await usageIn(tx.db, before.user_id, row.id));
      if (change.generation !== undefined && change.generation !== before.generation) {
        await addCleanup(tx.db, { ...before, kind: "container", volume: null, space_id: row.id }, change.updated_at);
      }
      if (plan !== undefined) await attachVolumes(tx.db, { ...before, ...plan }, change.updated_at);
      await tx.event(event);
      return findIn(tx.db, row.id);
    });
  }

  async progress(row: Pick<SpaceRow, "id" | "revision">, reason: string, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const { numUpdatedRows } = await tx.db
        .updateTable("spaces")
        .set({ state_reason: reason })
        .where("id", "=", row.id)
        .where("revision", "=", row.revision)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await tx.event(event);
      return true;
    });
  }

  async edit(id: string, edit: SpaceEdit, event: NewEvent): Promise<SpaceRow | "name_taken" | null> {
    return this.#store.transact(async (tx) => {
      const before = await findIn(tx.db, id);
      if (before === null || before.state === "deleting") return null;
      await lockUser(this.#store, tx, before.user_id);
      if (edit.name !== undefined && (await nameTaken(tx.db, before.user_id, edit.name, id))) return "name_taken";
      const { group_ids, parameters, secrets, ...plain } = edit;
      await tx.db
        .updateTable("spaces")
        .set({
          ...(Object.fromEntries(
            Object.entries(plain).filter(([, value]) => value !== undefined),
          ) as Partial<SpacesTable>),
          ...(parameters === undefined ? {} : { parameters: JSON.stringify(parameters) }),
          ...(secrets === undefined ? {} : { secrets: JSON.stringify(secrets) }),
        })
        .where("id", "=", id)
        .execute();
      if (group_ids !== undefined) await setGroups(tx.db, id, group_ids);
      if (edit.name !== undefined) {
        await tx.db.updateTable("volumes").set({ space_name: edit.name }).where("space_id", "=", id).execute();
      }
      await tx.event(event);
      return findIn(tx.db, id);
    });
  }

  async drop(row: Pick<SpaceRow, "id" | "revision">, event: NewEvent): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const before = await findIn(tx.db, row.id);
      if (before === null || before.revision !== row.revision) return false;
      await tx.db.deleteFrom("spaces").where("id", "=", row.id).where("revision", "=", row.revision).execute();
      await releaseVolumes(tx.db, row.id, before.keep_volumes);
      await tx.event(event);
      return true;
    });
  }

  async forceDrop(id: string, keep_volumes: boolean, event: NewEvent, now: number): Promise<boolean> {
    return this.#store.transact(async (tx) => {
      const before = await findIn(tx.db, id);
      if (before === null) return false;
      await addCleanup(tx.db, { ...before, kind: "container", volume: null, space_id: id }, now);
      if (!keep_volumes) {
        for (const { volume } of await volumesIn(tx.db, id)) {
          const removal = { ...before, kind: "volume" as const, volume, space_id: id };
          await addCleanup(tx.db, removal, now);
          // a create that the engine is still busy with may bring the volume back
          await addCleanup(tx.db, removal, now, now + 180_000);
        }
      }
      await tx.db.deleteFrom("spaces").where("id", "=", id).execute();
      await releaseVolumes(tx.db, id, keep_volumes);
      await tx.event(event);
      return true;
    });
  }

  async sweep(runtime: RuntimeName): Promise<readonly SweepRow[]> {
    return this.#store.db
      .selectFrom("spaces")
      .select(["id", "runtime", "state", "desired", "generation", "health", "deadline_at", "user_id"])
      .where("runtime", "=", runtime)
      .orderBy("id")
      .execute();
  }

  async cleanups(which: { space_id: string } | { runtime: RuntimeName; due_at: number }): Promise<readonly Cleanup[]> {
    const rows = this.#store.db
      .selectFrom("cleanups")
      .select(["id", "kind", "runtime", "space_id", "user_id", "generation", "volume", "attempts", "next_at"]);
    const wanted =
      "space_id" in which
        ? rows.where("space_id", "=", which.space_id)
        : rows.where("runtime", "=", which.runtime).where("next_at", "<=", which.due_at);
    // containers first: the engine keeps a volume that a container still has
    return wanted.orderBy("kind").orderBy("id").execute();
  }

  async cleaned(id: string): Promise<void> {
    await this.#store.db.deleteFrom("cleanups").where("id", "=", id).execute();
  }

  async cleanupFailed(id: string, error: string, next_at: number): Promise<void> {
    await this.#store.db
      .updateTable("cleanups")
      .set((eb) => ({ attempts: eb("attempts", "+", 1), last_error: error, next_at }))
      .where("id", "=", id)
      .execute();
  }

  /** How many spaces a user owns, in any state. */
  async countOwnedBy(user_id: string): Promise<number> {
    const { count } = await this.#store.db
      .selectFrom("spaces")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("user_id", "=", user_id)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** How many spaces are in each state; states without any are left out. */
  async countByState(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#store.db
      .selectFrom("spaces")
      .select((eb) => ["state", eb.fn.countAll<number>().as("count")])
      .groupBy("state")
      .execute();
    return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
  }

  async knownVolumes(runtime: RuntimeName): Promise<readonly string[]> {
    const { db } = this.#store;
    const rows = await db.selectFrom("volumes").select("id").where("runtime", "=", runtime).execute();
    const removals = await db.selectFrom("cleanups").select("volume").where("runtime", "=", runtime).execute();
    return [...rows.map(({ id }) => id), ...removals.flatMap(({ volume }) => volume ?? [])];
  }

  async reservations(runtime: RuntimeName): Promise<readonly Reservation[]> {
    const rows = await this.#store.db
      .selectFrom("volumes")
      .innerJoin("spaces", "spaces.id", "volumes.space_id")
      .select(["spaces.id", "spaces.storage_bytes", "volumes.id as volume"])
      .where("spaces.runtime", "=", runtime)
      .where("volumes.attached", "=", 1)
      .execute();
    return [...Map.groupBy(rows, ({ id }) => id)].map(([id, group]) => ({
      id,
      storage_bytes: group[0]?.storage_bytes ?? 0,
      volumes: group.map(({ volume }) => volume),
    }));
  }

  async note(event: NewEvent): Promise<void> {
    await this.#store.transact((tx) => tx.event(event));
  }

  async volumesOf(space_id: string): Promise<readonly PlannedVolume[]> {
    return volumesIn(this.#store.db, space_id);
  }

  async events(space_id: string, { limit, cursor }: PageRequest): Promise<Page<Event>> {
    const { db } = this.#store;
    const before = decodeCursor(cursor, 1)?.[0];
    const mine = db.selectFrom("events").where("subject_kind", "=", "space").where("subject_id", "=", space_id);
    const rows = await mine
      .selectAll()
      .$if(before !== undefined, (query) => query.where("seq", "<", Number(before)))
      .orderBy("seq", "desc")
      .limit(limit + 1)
      .execute();
    const { total } = await mine.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const items = rows.slice(0, limit).map((row) => ({ ...row, data: JSON.parse(row.data) }));
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > limit && last ? [String(last.seq)] : null };
  }
}

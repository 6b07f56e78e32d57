import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type {
  TemplateChange,
  TemplateFilter,
  TemplateRow,
  TemplateStore,
  VersionRow,
} from "../template/template-store.ts";
import { isBrokenReference } from "./reference.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";
import { unlessTaken } from "./unique.ts";

export interface TemplatesTable {
  id: string;
  name: string;
  description: string;
  icon: string | null;
  active: number;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface TemplateVersionsTable {
  template_id: string;
  version: number;
  spec: string;
  /** A Summary as JSON. */
  summary: string;
  /** A list of Danger as JSON. */
  allowed: string;
  created_by: string;
  created_at: number;
}

export interface TemplateGroupsTable {
  template_id: string;
  group_id: string;
}

export interface MilestonesTable {
  name: string;
  at: number;
}

export class SqlTemplates implements TemplateStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(filter: TemplateFilter, { limit, cursor }: PageRequest): Promise<Page<TemplateRow>> {
    const { db } = this.#store;
    const after = decodeCursor(cursor, 1)?.[0];
    const mine = db.selectFrom("templates").where((eb) => matches(eb, filter));
    const rows = await joined(db)
      .where("templates.id", "in", mine.select("templates.id"))
      .$if(after !== undefined, (query) => query.where("templates.name", ">", after as string))
      .orderBy("templates.name")
      .limit(limit + 1)
      .execute();
    const { total } = await mine.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const items = await withGroups(db, rows.slice(0, limit));
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > limit && last ? [last.name] : null };
  }

  async find(ref: string): Promise<TemplateRow | null> {
    return findIn(this.#store.db, ref);
  }

  async version(template_id: string, version: number): Promise<VersionRow | null> {
    const row = await versioned(this.#store.db)
      .where("template_versions.template_id", "=", template_id)
      .where("template_versions.version", "=", version)
      .executeTakeFirst();
    return row === undefined ? null : versionFrom(row);
  }

  async versions(template_id: string, { limit, cursor }: PageRequest): Promise<Page<VersionRow>> {
    const { db } = this.#store;
    const before = decodeCursor(cursor, 1)?.[0];
    const rows = await versioned(db)
      .where("template_versions.template_id", "=", template_id)
      .$if(before !== undefined, (query) => query.where("template_versions.version", "<", Number(before)))
      .orderBy("template_versions.version", "desc")
      .limit(limit + 1)
      .execute();
    const { total } = await db
      .selectFrom("template_versions")
      .where("template_id", "=", template_id)
      .select((eb) => eb.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    const items = rows.slice(0, limit).map(versionFrom);
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > limit && last ? [String(last.version)] : null };
  }

  async insert(
    template: Omit<TemplateRow, "version"> & { created_by: string },
    event: NewEvent,
  ): Promise<TemplateRow | "name_taken"> {
    const { id, name, description, icon, active, group_ids, created_at, updated_at, ...version } = template;
    const write = () =>
      this.#store.transact(async (tx) => {
        await tx.db
          .insertInto("templates")
          .values({ id, name, description, icon, active: active ? 1 : 0, version: 1, created_at, updated_at })
          .execute();
        await tx.db
          .insertInto("template_versions")
          .values({ ...versionColumns(version), template_id: id, version: 1, created_at })
          .execute();
        await setGroups(tx.db, id, group_ids);
        await tx.event(event);
        return (await findIn(tx.db, id)) as TemplateRow;
      });
    return unlessTaken(write(), () => "name_taken" as const);
  }

  async update(
    row: Pick<TemplateRow, "id" | "version">,
    change: TemplateChange,
    event: NewEvent,
  ): Promise<TemplateRow | "name_taken" | "changed" | null> {
    const { version, group_ids, active, allowed, ...plain } = change;
    const number = version === undefined ? row.version : row.version + 1;
    const fields = Object.entries({ ...plain, active: active === undefined ? undefined : active ? 1 : 0 });
    const set = Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Partial<TemplatesTable>;
    const write = () =>
      this.#store.transact(async (tx) => {
        const { numUpdatedRows } = await tx.db
          .updateTable("templates")
          .set({ ...set, version: number })
          .where("id", "=", row.id)
          .where("version", "=", row.version)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return (await findIn(tx.db, row.id)) === null ? null : ("changed" as const);
        if (version !== undefined) {
          await tx.db
            .insertInto("template_versions")
            .values({ ...versionColumns(version), template_id: row.id, version: number, created_at: change.updated_at })
            .execute();
        }
        if (allowed !== undefined) await allow(tx.db, row.id, number, allowed);
        if (group_ids !== undefined) await setGroups(tx.db, row.id, group_ids);
        await tx.event(event);
        return findIn(tx.db, row.id);
      });
    return unlessTaken(write(), () => "name_taken" as const);
  }

  async delete(id: string, event: NewEvent): Promise<"deleted" | { used_by: number } | null> {
    try {
      return await this.#delete(id, event);
    } catch (error) {
      // a space was made from it after the count
      if (isBrokenReference(error)) return { used_by: await usedBy(this.#store.db, id) };
      throw error;
    }
  }

  #delete(id: string, event: NewEvent): Promise<"deleted" | { used_by: number } | null> {
    return this.#store.transact(async (tx) => {
      const used_by = await usedBy(tx.db, id);
      if (used_by > 0) return { used_by };
      const { numDeletedRows } = await tx.db.deleteFrom("templates").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) return null;
      await tx.event(event);
      return "deleted";
    });
  }

  async reach(milestone: string, now: number): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#store.db
      .insertInto("milestones")
      .values({ name: milestone, at: now })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}

async function usedBy(db: Kysely<Tables>, id: string): Promise<number> {
  const { count } = await db
    .selectFrom("spaces")
    .where("template_id", "=", id)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

const joined = (db: Kysely<Tables>) =>
  db
    .selectFrom("templates")
    .innerJoin("template_versions", (join) =>
      join
        .onRef("template_versions.template_id", "=", "templates.id")
        .onRef("template_versions.version", "=", "templates.version"),
    )
    .selectAll("templates")
    .select(["template_versions.spec", "template_versions.summary", "template_versions.allowed"]);

const versioned = (db: Kysely<Tables>) =>
  db
    .selectFrom("template_versions")
    .innerJoin("templates", "templates.id", "template_versions.template_id")
    .selectAll("template_versions")
    .select("templates.name as template_name");

function matches(eb: ExpressionBuilder<Tables, "templates">, { viewer, query }: TemplateFilter) {
  const groups = eb
    .selectFrom("template_groups")
    .select("template_groups.template_id")
    .whereRef("template_groups.template_id", "=", "templates.id");
  const open = eb.or([
    eb.not(eb.exists(groups)),
    eb.exists(groups.where("template_groups.group_id", "in", [...viewer.group_ids, ""])),
  ]);
  const pattern = `%${(query ?? "").toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
  const mentions = sql<boolean>`(lower(templates.name) like ${pattern} escape '\\' or lower(templates.description) like ${pattern} escape '\\')`;
  return eb.and([
    ...(viewer.all ? [] : [eb("templates.active", "=", 1), open]),
    ...(query === undefined ? [] : [mentions]),
  ]);
}

async function findIn(db: Kysely<Tables>, ref: string): Promise<TemplateRow | null> {
  const rows = await joined(db)
    .where((eb) => eb.or([eb("templates.id", "=", ref), eb("templates.name", "=", ref)]))
    .execute();
  const found = rows.find(({ id }) => id === ref) ?? rows[0];
  return found === undefined ? null : ((await withGroups(db, [found]))[0] as TemplateRow);
}

type JoinedRow = TemplatesTable & Pick<TemplateVersionsTable, "spec" | "summary" | "allowed">;

async function withGroups(db: Kysely<Tables>, rows: readonly JoinedRow[]): Promise<TemplateRow[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const groups = await db
    .selectFrom("template_groups")
    .selectAll()
    .where("template_id", "in", ids)
    .orderBy("group_id")
    .execute();
  return rows.map((row) => ({
    ...row,
    active: row.active === 1,
    summary: JSON.parse(row.summary),
    allowed: JSON.parse(row.allowed),
    group_ids: groups.filter(({ template_id }) => template_id === row.id).map(({ group_id }) => group_id),
  }));
}

const versionFrom = (row: TemplateVersionsTable & { template_name: string }): VersionRow => ({
  ...row,
  summary: JSON.parse(row.summary),
  allowed: JSON.parse(row.allowed),
});

const versionColumns = (version: Pick<VersionRow, "spec" | "summary" | "allowed" | "created_by">) => ({
  spec: version.spec,
  summary: JSON.stringify(version.summary),
  allowed: JSON.stringify(version.allowed),
  created_by: version.created_by,
});

async function setGroups(db: Kysely<Tables>, template_id: string, group_ids: readonly string[]): Promise<void> {
  await db.deleteFrom("template_groups").where("template_id", "=", template_id).execute();
  const values = [...new Set(group_ids)].map((group_id) => ({ template_id, group_id }));
  if (values.length > 0) await db.insertInto("template_groups").values(values).execute();
}

/** What is taken away from the newest version is taken from all: nobody starts an old one around it. */
async function allow(
  db: Kysely<Tables>,
  template_id: string,
  newest: number,
  allowed: readonly string[],
): Promise<void> {
  const rows = await db.selectFrom("template_versions").selectAll().where("template_id", "=", template_id).execute();
  for (const { version, allowed: before } of rows) {
    const after =
      version === newest ? allowed : (JSON.parse(before) as string[]).filter((word) => allowed.includes(word));
    await db
      .updateTable("template_versions")
      .set({ allowed: JSON.stringify(after) })
      .where("template_id", "=", template_id)
      .where("version", "=", version)
      .execute();
  }
}

import { randomUUID } from "node:crypto";
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { NewSpace, Plan, PlannedVolume, RuntimeName, SpaceFilter, SpaceRow, Usage } from "../space/space-store.ts";
import type { Store, Tx } from "./store.ts";
import type { Tables } from "./tables.ts";

export interface SpacesTable {
  id: string;
  user_id: string;
  username: string;
  name: string;
  description: string;
  template_id: string;
  template_version: number;
  /** Values by name, as JSON. */
  parameters: string;
  /** Sealed values by name, as JSON. */
  secrets: string;
  runtime: RuntimeName;
  state: SpaceRow["state"];
  state_reason: string;
  desired: SpaceRow["desired"];
  step: SpaceRow["step"];
  deadline_at: number | null;
  generation: number;
  revision: number;
  health: SpaceRow["health"];
  spec_hash: string;
  /** The rest of a Plan, as JSON. */
  plan: string;
  memory_bytes: number;
  cpus: number;
  storage_bytes: number;
  keep_volumes: number;
  idempotency_key: string | null;
  created_at: number;
  updated_at: number;
  started_at: number | null;
}

export interface SpaceGroupsTable {
  space_id: string;
  group_id: string;
}

export interface CleanupsTable {
  id: string;
  kind: "container" | "volume";
  runtime: RuntimeName;
  space_id: string;
  user_id: string;
  generation: number;
  volume: string | null;
  attempts: number;
  next_at: number;
  last_error: string | null;
  created_at: number;
}

/** Transactions are Kysely instances too. */
type Db = Kysely<Tables>;

/** Spaces, all or those of a query, with what their template says about itself. */
export const joined = (db: Db, spaces = db.selectFrom("spaces")) =>
  spaces
    .innerJoin("templates", "templates.id", "spaces.template_id")
    .selectAll("spaces")
    .select(["templates.name as template_name", "templates.version as template_latest"]);

type JoinedRow = SpacesTable & { template_name: string; template_latest: number };

/** The conditions of a filter on rows of spaces. */
export function matches(eb: ExpressionBuilder<Tables, "spaces">, { viewer, query, state, owner }: SpaceFilter) {
  const shared = eb.exists(
    eb
      .selectFrom("space_groups")
      .select("space_groups.space_id")
      .whereRef("space_groups.space_id", "=", "spaces.id")
      .where("space_groups.group_id", "in", [...viewer.group_ids, ""]),
  );
  const pattern = `%${(query ?? "").toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
  const mentions = sql<boolean>`(lower(spaces.name) like ${pattern} escape '\\' or lower(spaces.description) like ${pattern} escape '\\')`;
  return eb.and([
    ...(viewer.all ? [] : [eb.or([eb("spaces.user_id", "=", viewer.user_id), shared])]),
    ...(state === undefined ? [] : [eb("spaces.state", "=", state)]),
    ...(owner === undefined ? [] : [eb("spaces.username", "=", owner)]),
    ...(query === undefined ? [] : [mentions]),
  ]);
}

export async function findIn(db: Db, id: string): Promise<SpaceRow | null> {
  const rows = await joined(db).where("spaces.id", "=", id).execute();
  return (await withGroups(db, rows))[0] ?? null;
}

export async function byKeyIn(db: Db, user_id: string, key: string): Promise<SpaceRow | null> {
  const rows = await joined(db)
    .where("spaces.user_id", "=", user_id)
    .where("spaces.idempotency_key", "=", key)
    .execute();
  return (await withGroups(db, rows))[0] ?? null;
}

export async function withGroups(db: Db, rows: readonly JoinedRow[]): Promise<SpaceRow[]> {
  if (rows.length === 0) return [];
  const groups = await db
    .selectFrom("space_groups")
    .selectAll()
    .where(
      "space_id",
      "in",
      rows.map(({ id }) => id),
    )
    .orderBy("group_id")
    .execute();
  const groupsOf = Map.groupBy(groups, ({ space_id }) => space_id);
  return rows.map((row) =>
    rowFrom(
      row,
      (groupsOf.get(row.id) ?? []).map(({ group_id }) => group_id),
    ),
  );
}

function rowFrom(row: JoinedRow, group_ids: readonly string[]): SpaceRow {
  const { plan, parameters, secrets, keep_volumes, ...plain } = row;
  return {
    ...plain,
    ...JSON.parse(plan),
    parameters: JSON.parse(parameters),
    secrets: JSON.parse(secrets),
    keep_volumes: keep_volumes === 1,
    group_ids,
  };
}

/** The columns of a new row that do not come from its plan. */
export const columnsOf = (space: NewSpace) => ({
  id: space.id,
  user_id: space.user_id,
  username: space.username,
  name: space.name,
  description: space.description,
  parameters: JSON.stringify(space.parameters),
  secrets: JSON.stringify(space.secrets),
  state: space.state,
  state_reason: space.state_reason,
  desired: space.desired,
  step: space.step,
  deadline_at: space.deadline_at,
  generation: space.generation,
  revision: 1,
  health: space.health,
  keep_volumes: space.keep_volumes ? 1 : 0,
  idempotency_key: space.idempotency_key,
  created_at: space.created_at,
  updated_at: space.updated_at,
  started_at: null,
});

export const planColumns = (plan: Plan) => ({
  template_id: plan.template_id,
  template_version: plan.template_version,
  runtime: plan.runtime,
  spec_hash: plan.spec_hash,
  memory_bytes: plan.memory_bytes,
  cpus: plan.cpus,
  storage_bytes: plan.storage_bytes,
  plan: JSON.stringify({
    image: plan.image,
    ports: plan.ports,
    volumes: plan.volumes,
    working_dir: plan.working_dir,
    user: plan.user,
    checks_health: plan.checks_health,
  }),
});

/** Lets changes that depend on what a user has already wait for each other; SQLite has one writer anyway. */
export async function lockUser(store: Store, tx: Tx, user_id: string): Promise<void> {
  if (store.kind === "postgres")
    await sql`select pg_advisory_xact_lock(hashtext(${`spaces of ${user_id}`}))`.execute(tx.db);
}

export async function nameTaken(db: Db, user_id: string, name: string, exceptId: string): Promise<boolean> {
  const row = await db
    .selectFrom("spaces")
    .select("id")
    .where("user_id", "=", user_id)
    .where("name", "=", name)
    .where("id", "!=", exceptId)
    .executeTakeFirst();
  return row !== undefined;
}

/** What the user's spaces take, but for one. */
export async function usageIn(db: Db, user_id: string, exceptId: string): Promise<Usage> {
  const rows = await db
    .selectFrom("spaces")
    .select(["state", "desired", "memory_bytes", "cpus"])
    .where("user_id", "=", user_id)
    .where("id", "!=", exceptId)
    .execute();
  // volumes that outlived their space count as well
  const volumes = await db
    .selectFrom("volumes")
    .select("reserved_bytes")
    .where("user_id", "=", user_id)
    .where("space_id", "!=", exceptId)
    .execute();
  const busy = rows.filter(
    ({ state, desired }) =>
      state === "running" ||
      state === "starting" ||
      state === "stopping" ||
      (state === "creating" && desired === "running"),
  );
  const sum = (key: "memory_bytes" | "cpus") => busy.reduce((total, row) => total + row[key], 0);
  return {
    spaces: rows.length,
    cpus: sum("cpus"),
    memory_bytes: sum("memory_bytes"),
    storage_bytes: volumes.reduce((total, row) => total + row.reserved_bytes, 0),
  };
}

export async function setGroups(db: Db, space_id: string, group_ids: readonly string[]): Promise<void> {
  await db.deleteFrom("space_groups").where("space_id", "=", space_id).execute();
  const unique = [...new Set(group_ids)];
  if (unique.length > 0) {
    await db
      .insertInto("space_groups")
      .values(unique.map((group_id) => ({ space_id, group_id })))
      .execute();
  }
}

/** Writes the volumes of a plan; those of the space that it does not name are detached, never removed. */
export async function attachVolumes(
  db: Db,
  space: Pick<SpaceRow, "id" | "name" | "user_id" | "username" | "runtime" | "volumes">,
  now: number,
): Promise<void> {
  await db.updateTable("volumes").set({ attached: 0 }).where("space_id", "=", space.id).execute();
  for (const { volume, name, path, reserved_bytes } of space.volumes) {
    const owner = { space_id: space.id, space_name: space.name, user_id: space.user_id, username: space.username };
    const place = { name, path, reserved_bytes, runtime: space.runtime, attached: 1 };
    await db
      .insertInto("volumes")
      .values({ id: volume, ...owner, ...place, created_at: now })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(place))
      .execute();
  }
}

/** Forgets the volumes of a space that is gone, or leaves them for their owner to find. */
export async function releaseVolumes(db: Db, space_id: string, keep: boolean): Promise<void> {
  if (keep) await db.updateTable("volumes").set({ attached: 0 }).where("space_id", "=", space_id).execute();
  else await db.deleteFrom("volumes").where("space_id", "=", space_id).execute();
}

export async function volumesIn(db: Db, space_id: string): Promise<readonly PlannedVolume[]> {
  return db
    .selectFrom("volumes")
    .select(["id as volume", "name", "path", "reserved_bytes"])
    .where("space_id", "=", space_id)
    .orderBy("name")
    .execute();
}

type Removal = Pick<CleanupsTable, "kind" | "runtime" | "space_id" | "user_id" | "generation" | "volume">;

/** Leaves word that the engine has something to remove, from `due_at` on. */
export async function addCleanup(db: Db, removal: Removal, now: number, due_at = now): Promise<void> {
  const { kind, runtime, space_id, user_id, generation, volume } = removal;
  await db
    .insertInto("cleanups")
    .values({
      ...{ id: randomUUID(), kind, runtime, space_id, user_id, generation, volume },
      ...{ attempts: 0, next_at: due_at, last_error: null, created_at: now },
    })
    .execute();
}

import type { MigrationOf } from "../migrations.ts";

export const spaces: MigrationOf = (dialect) => ({
  async up(db) {
    const number = dialect === "sqlite" ? "real" : "double precision";
    await db.schema
      .createTable("templates")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("icon", "text")
      .addColumn("active", "integer", (column) => column.notNull())
      .addColumn("version", "integer", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("template_versions")
      .addColumn("template_id", "text", (column) => column.notNull().references("templates.id").onDelete("cascade"))
      .addColumn("version", "integer", (column) => column.notNull())
      .addColumn("spec", "text", (column) => column.notNull())
      .addColumn("summary", "text", (column) => column.notNull())
      .addColumn("allowed", "text", (column) => column.notNull())
      .addColumn("created_by", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("template_versions_key", ["template_id", "version"])
      .execute();
    // group_id has no foreign key: a template of a group that is gone stays closed
    await db.schema
      .createTable("template_groups")
      .addColumn("template_id", "text", (column) => column.notNull().references("templates.id").onDelete("cascade"))
      .addColumn("group_id", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("template_groups_key", ["template_id", "group_id"])
      .execute();
    // what happens only once in the life of a database, such as bringing the sample templates
    await db.schema
      .createTable("milestones")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("spaces")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("user_id", "text", (column) => column.notNull())
      .addColumn("username", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("template_id", "text", (column) => column.notNull().references("templates.id"))
      .addColumn("template_version", "integer", (column) => column.notNull())
      .addColumn("parameters", "text", (column) => column.notNull())
      .addColumn("secrets", "text", (column) => column.notNull())
      .addColumn("runtime", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("state_reason", "text", (column) => column.notNull())
      .addColumn("desired", "text", (column) => column.notNull())
      .addColumn("step", "text")
      .addColumn("deadline_at", "bigint")
      .addColumn("generation", "integer", (column) => column.notNull())
      .addColumn("revision", "integer", (column) => column.notNull())
      .addColumn("health", "text")
      .addColumn("spec_hash", "text", (column) => column.notNull())
      .addColumn("plan", "text", (column) => column.notNull())
      .addColumn("memory_bytes", "bigint", (column) => column.notNull())
      .addColumn("cpus", number, (column) => column.notNull())
      .addColumn("storage_bytes", "bigint", (column) => column.notNull())
      .addColumn("keep_volumes", "integer", (column) => column.notNull())
      .addColumn("idempotency_key", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("started_at", "bigint")
      .addUniqueConstraint("spaces_user_name", ["user_id", "name"])
      .addUniqueConstraint("spaces_user_key", ["user_id", "idempotency_key"])
      .execute();
    await db.schema.createIndex("spaces_template").on("spaces").column("template_id").execute();
    await db.schema.createIndex("spaces_name").on("spaces").columns(["name", "id"]).execute();
    // group_id has no foreign key: sharing with a group that is gone shares with nobody
    await db.schema
      .createTable("space_groups")
      .addColumn("space_id", "text", (column) => column.notNull().references("spaces.id").onDelete("cascade"))
      .addColumn("group_id", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("space_groups_key", ["space_id", "group_id"])
      .execute();
    await db.schema.createIndex("space_groups_group").on("space_groups").column("group_id").execute();
    // no foreign key: a volume outlives its space
    await db.schema
      .createTable("volumes")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("space_id", "text", (column) => column.notNull())
      .addColumn("space_name", "text", (column) => column.notNull())
      .addColumn("user_id", "text", (column) => column.notNull())
      .addColumn("username", "text", (column) => column.notNull())
      .addColumn("runtime", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("path", "text", (column) => column.notNull())
      .addColumn("attached", "integer", (column) => column.notNull())
      .addColumn("reserved_bytes", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("volumes_space").on("volumes").column("space_id").execute();
    await db.schema.createIndex("volumes_user").on("volumes").column("user_id").execute();
    // what the engine still has to remove; a row goes when the engine has confirmed
    await db.schema
      .createTable("cleanups")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("runtime", "text", (column) => column.notNull())
      .addColumn("space_id", "text", (column) => column.notNull())
      .addColumn("user_id", "text", (column) => column.notNull())
      .addColumn("generation", "integer", (column) => column.notNull())
      .addColumn("volume", "text")
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("next_at", "bigint", (column) => column.notNull())
      .addColumn("last_error", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("cleanups_space").on("cleanups").column("space_id").execute();
  },
});

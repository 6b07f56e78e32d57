import type { MigrationOf } from "../migrations.ts";

export const events: MigrationOf = (dialect) => ({
  async up(db) {
    await db.schema
      .createTable("events")
      .addColumn("seq", dialect === "sqlite" ? "integer" : "bigserial", (column) =>
        dialect === "sqlite" ? column.primaryKey().autoIncrement() : column.primaryKey(),
      )
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("subject_kind", "text", (column) => column.notNull())
      .addColumn("subject_id", "text", (column) => column.notNull())
      .addColumn("user_id", "text")
      .addColumn("message", "text", (column) => column.notNull())
      .addColumn("data", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("events_subject").on("events").columns(["subject_kind", "subject_id", "seq"]).execute();
    await db.schema.createIndex("events_user").on("events").columns(["user_id", "seq"]).execute();
  },
});

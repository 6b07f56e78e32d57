import type { MigrationOf } from "../migrations.ts";

export const installation: MigrationOf = () => ({
  async up(db) {
    await db.schema
      .createTable("installation")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("instance_id", "text", (column) => column.notNull())
      .addColumn("key_id", "text", (column) => column.notNull())
      .execute();
  },
});

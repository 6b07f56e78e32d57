import type { MigrationOf } from "../migrations.ts";

export const eventGroups: MigrationOf = () => ({
  async up(db) {
    await db.schema.alterTable("events").addColumn("group_ids", "text").execute();
  },
});

import type { MigrationOf } from "../migrations.ts";

export const approvalSecrets: MigrationOf = () => ({
  async up(db) {
    await db.schema.alterTable("approvals").addColumn("secret_fields", "text").execute();
  },
});

import type { MigrationOf } from "../migrations.ts";

export const governance: MigrationOf = () => ({
  async up(_db) {},
});

import type { MigrationOf } from "../migrations.ts";

export const identity: MigrationOf = () => ({
  async up(_db) {},
});

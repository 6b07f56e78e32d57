import type { MigrationOf } from "../migrations.ts";

export const spaces: MigrationOf = () => ({
  async up(_db) {},
});

import type { Migration } from "kysely/migration";
import { events } from "./migrations/0001-events.ts";
import { identity } from "./migrations/0002-identity.ts";
import { spaces } from "./migrations/0003-spaces.ts";
import { governance } from "./migrations/0004-governance.ts";
import { installation } from "./migrations/0005-installation.ts";
import { eventGroups } from "./migrations/0006-event-groups.ts";
import { approvalSecrets } from "./migrations/0007-approval-secrets.ts";

type Dialect = "sqlite" | "postgres";

/** How a migration is written: one record for both databases; never edited once it is released. */
export type MigrationOf = (dialect: Dialect) => Migration;

const all: Readonly<Record<string, MigrationOf>> = {
  "0001-events": events,
  "0002-identity": identity,
  "0003-spaces": spaces,
  "0004-governance": governance,
  "0005-installation": installation,
  "0006-event-groups": eventGroups,
  "0007-approval-secrets": approvalSecrets,
};

/** All migrations in order, for the database at hand. */
export const migrations = (dialect: Dialect): Record<string, Migration> =>
  Object.fromEntries(Object.entries(all).map(([name, migration]) => [name, migration(dialect)]));

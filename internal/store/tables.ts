import type { Generated } from "kysely";
import type { ApprovalPoliciesTable, ApprovalsTable } from "./approvals.ts";
import type { AuditChainTable, AuditEntriesTable } from "./audit.ts";
import type { GroupMembersTable, GroupsTable } from "./groups.ts";
import type { IdempotencyKeysTable } from "./idempotency.ts";
import type { InstallationTable } from "./installation.ts";
import type { RolesTable } from "./roles.ts";
import type { SessionsTable } from "./sessions.ts";
import type { CleanupsTable, SpaceGroupsTable, SpacesTable } from "./space-rows.ts";
import type { MilestonesTable, TemplateGroupsTable, TemplatesTable, TemplateVersionsTable } from "./templates.ts";
import type { TokensTable } from "./tokens.ts";
import type { UserRolesTable, UsersTable } from "./users.ts";
import type { VolumesTable } from "./volumes.ts";

/** Every table. Names are snake_case as in SQL and on the wire; times are milliseconds since 1970 UTC; JSON is text. */
export interface Tables {
  events: EventsTable;
  users: UsersTable;
  user_roles: UserRolesTable;
  groups: GroupsTable;
  group_members: GroupMembersTable;
  roles: RolesTable;
  tokens: TokensTable;
  sessions: SessionsTable;
  templates: TemplatesTable;
  template_versions: TemplateVersionsTable;
  template_groups: TemplateGroupsTable;
  milestones: MilestonesTable;
  spaces: SpacesTable;
  space_groups: SpaceGroupsTable;
  volumes: VolumesTable;
  cleanups: CleanupsTable;
  approvals: ApprovalsTable;
  approval_policies: ApprovalPoliciesTable;
  audit_entries: AuditEntriesTable;
  audit_chain: AuditChainTable;
  idempotency_keys: IdempotencyKeysTable;
  installation: InstallationTable;
}

export interface EventsTable {
  seq: Generated<number>;
  at: number;
  type: string;
  subject_kind: string;
  subject_id: string;
  user_id: string | null;
  message: string;
  data: string;
  /** JSON: a list of ids, or null. */
  group_ids: string | null;
}

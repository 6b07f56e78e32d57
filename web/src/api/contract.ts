import type { approveCall, denyCall, getApproval, listApprovals } from "../../../internal/approval/operations.ts";
import type { listSessions, revokeSession } from "../../../internal/auth/operations.ts";
import type { Event } from "../../../internal/event/schema.ts";
import type { Contract } from "../../../internal/operation/registry.ts";
import type { Space } from "../../../internal/space/schema.ts";
import type { createToken, listTokens, revokeToken, rotateToken } from "../../../internal/token/operations.ts";
import type { changePassword, whoami } from "../../../internal/user/operations.ts";

type Real = Contract<
  [
    typeof createToken,
    typeof listTokens,
    typeof revokeToken,
    typeof rotateToken,
    typeof whoami,
    typeof changePassword,
    typeof listApprovals,
    typeof getApproval,
    typeof approveCall,
    typeof denyCall,
    typeof listSessions,
    typeof revokeSession,
  ]
>;
type Paged<Name extends string, Item> = Record<Name, Item[]> & {
  total: number;
  returned: number;
  next_cursor: string | null;
};
type PageIn = { limit?: number; cursor?: string };
export type TemplateParameter = {
  name: string;
  title: string;
  description: string;
  type: "string" | "number" | "boolean" | "choice" | "secret";
  default: string | number | boolean | null;
  choices: string[];
  required: boolean;
  pattern: string | null;
  min: number | null;
  max: number | null;
};
export type Template = {
  id: string;
  name: string;
  description: string;
  version: number;
  parameters: TemplateParameter[];
  runtime: string;
  source: string;
  image: string;
  memory_bytes: number;
  cpus: number;
  group_ids: string[];
  created_at: number;
  updated_at: number;
};
export type AuditEntry = {
  id: string;
  at: number;
  username: string;
  door: string;
  operation: string;
  label: string;
  outcome: "ok" | "failed" | "denied" | "pending";
  problem: string | null;
  duration_ms: number;
  client: string;
  ip: string;
  credential_name: string;
  effect: string;
};
export type Volume = { id: string; name: string; path: string; space: string; size_bytes: number };
type SpaceCall = { input: { space: string; wait_seconds?: number }; output: { space: Space } };
type Planned = {
  list_spaces: { input: PageIn; output: Paged<"spaces", Space> };
  get_space: { input: { space: string }; output: { space: Space } };
  create_space: {
    input: {
      name: string;
      template: string;
      parameters?: Record<string, string | number | boolean>;
      description?: string;
      wait_seconds?: number;
    };
    output: { space: Space };
  };
  start_space: SpaceCall;
  stop_space: SpaceCall;
  restart_space: SpaceCall;
  delete_space: { input: { space: string; confirm?: boolean; wait_seconds?: number }; output: object };
  list_space_events: { input: { space: string } & PageIn; output: Paged<"events", Event> };
  get_space_logs: { input: { space: string; tail?: number }; output: { text: string } };
  list_volumes: { input: { space?: string } & PageIn; output: Paged<"volumes", Volume> };
  run_command: {
    input: { space: string; command: string[] };
    output: { exit_code: number | null; stdout: string; stderr: string };
  };
  list_templates: { input: PageIn; output: Paged<"templates", Template> };
  get_template: { input: { template: string }; output: { template: Template } };
  list_audit_entries: { input: PageIn & { outcome?: string }; output: Paged<"entries", AuditEntry> };
};
export type Operations = Real & Planned;

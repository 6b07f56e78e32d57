import type { Operations as Listed } from "../../../internal/app/operations.ts";
import type { Event } from "../../../internal/event/schema.ts";
import type { Contract } from "../../../internal/operation/registry.ts";
import type { Space } from "../../../internal/space/schema.ts";
import type { Template } from "../../../internal/template/schema.ts";

type Paged<Name extends string, Item> = Record<Name, Item[]> & {
  total: number;
  returned: number;
  next_cursor: string | null;
};
type PageIn = { limit?: number; cursor?: string };
export type Volume = { id: string; name: string; path: string; space: string; size_bytes: number };
type SpaceCall = { input: { space: string; wait_seconds?: number }; output: { space: Space } };
type Planned = {
  list_spaces: { input: PageIn & { owner?: string }; output: Paged<"spaces", Space> };
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
  delete_space: {
    input: { space: string; confirm?: boolean; keep_volumes?: boolean; wait_seconds?: number };
    output: object;
  };
  list_space_events: { input: { space: string } & PageIn; output: Paged<"events", Event> };
  get_space_logs: { input: { space: string; lines?: number }; output: { text: string } };
  list_volumes: { input: { space?: string } & PageIn; output: Paged<"volumes", Volume> };
  run_command: {
    input: { space: string; command: string[] };
    output: { exit_code: number | null; stdout: string; stderr: string };
  };
  list_templates: { input: PageIn; output: Paged<"templates", Template> };
  get_template: { input: { template: string }; output: { template: Template } };
};
export type Operations = Contract<Listed> & Planned;

import { randomUUID } from "node:crypto";
import type { Approval } from "../../internal/approval/schema.ts";
import type { Integration } from "../../internal/integration/schema.ts";
import type { Space } from "../../internal/space/schema.ts";
import type { Parameter, Template } from "../../internal/template/schema.ts";
import type { Token } from "../../internal/token/schema.ts";
import type { Volume } from "../../internal/volume/schema.ts";

const now = Date.now();
const hour = 3_600_000;

export const template = (overrides: Partial<Template> = {}): Template => ({
  id: randomUUID(),
  name: "sandbox",
  description: "A small Linux machine to try things in.",
  version: 1,
  runtime: "docker",
  spec: "description: A small Linux machine to try things in.\nimage: debian:13\ncommand: [sleep, infinity]\n",
  image: "debian:13",
  memory_bytes: 512 * 1024 ** 2,
  cpus: 1,
  ...{ icon: null, active: true, allow: [], network: "own", group_ids: [] },
  ports: [{ name: "web", port: 8080, protocol: "http" }],
  volumes: [{ name: "home", path: "/home" }],
  created_at: now - 90 * hour,
  updated_at: now - 50 * hour,
  parameters: [
    parameter({ name: "greeting", title: "Greeting", description: "What the shell says first.", default: "hello" }),
    parameter({
      name: "size",
      title: "Size",
      type: "choice",
      default: "small",
      choices: ["small", "large"],
      required: true,
    }),
  ],
  ...overrides,
});

const parameter = (overrides: Partial<Parameter>): Parameter => ({
  ...{ name: "parameter", type: "string", title: "Parameter", description: "", default: null },
  ...{ pattern: null, min: null, max: null, choices: null, required: false },
  ...overrides,
});

export const space = (overrides: Partial<Space> = {}): Space => ({
  id: randomUUID(),
  name: "calm-bowline",
  description: "",
  owner: { user_id: randomUUID(), username: "admin" },
  template: { id: "t", name: "sandbox", version: 1, latest_version: 1 },
  state: "creating",
  state_reason: "Preparing",
  desired: "running",
  runtime: "docker",
  isolation: "container",
  limits: "enforced",
  health: null,
  image: "debian:13",
  parameters: { greeting: "hello", size: "small" },
  ports: [{ name: "web", port: 8080, protocol: "http" }],
  memory_bytes: 512 * 1024 ** 2,
  cpus: 1,
  storage_bytes: 1024 ** 3,
  group_ids: [],
  created_at: now,
  started_at: null,
  updated_at: now,
  ...overrides,
});

export const approval = (overrides: Partial<Approval> = {}): Approval => ({
  id: randomUUID(),
  state: "pending",
  label: 'Delete space "calm-bowline" and its volumes',
  tool: "delete_space",
  origin: "knot",
  effect: "destroy",
  arguments: { space: "calm-bowline", confirm: true },
  user_id: randomUUID(),
  username: "admin",
  credential_kind: "token",
  credential_name: "laptop",
  door: "mcp",
  client: "claude-code 2.1",
  created_at: now - hour / 30,
  expires_at: now + 23 * hour,
  decided_by: null,
  decided_at: null,
  reason: null,
  finished_at: null,
  ...overrides,
});

export const integration = (overrides: Partial<Integration> = {}): Integration => ({
  ...{ namespace: "issues", transport: "http", status: "connected", error: null, warnings: [] },
  ...{ since_at: now - hour, retry_at: null, tools: 12, era: "modern" },
  ...overrides,
});

export const volume = (overrides: Partial<Volume> = {}): Volume => ({
  ...{ id: randomUUID(), name: "home", path: "/home", attached: true, reserved_bytes: 1024 ** 3, created_at: now },
  space: { id: randomUUID(), name: "calm-bowline", state: null },
  owner: { user_id: randomUUID(), username: "admin" },
  ...overrides,
});

export const token = (overrides: Partial<Token> = {}): Token => ({
  ...{ id: randomUUID(), user_id: randomUUID(), name: "laptop", scopes: ["mcp"], group_id: null },
  ...{ created_at: now, issued_at: now, expires_at: now + 90 * 24 * hour, last_used_at: null },
  ...overrides,
});

import { z } from "zod";
import { Event } from "../event/schema.ts";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { GroupIds, ParameterValues, Space, SpaceName, SpaceRef, spaceStates, WaitSeconds } from "./schema.ts";
import type { Spaces } from "./space.ts";

type Needs<Method extends keyof Spaces> = { spaces: Pick<Spaces, Method> };

const Description = z.string().max(500).describe("What the space is for");

export const listSpaces = operation({
  name: "list_spaces",
  title: "List spaces",
  description: "List the spaces one may use: one's own and those shared with one's groups.",
  effect: "read",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({
    query: z.string().max(100).optional().describe("Only those whose name or description contains this"),
    state: z.enum(spaceStates).optional().describe("Only those in this state"),
    owner: z
      .string()
      .max(64)
      .optional()
      .describe('Only those of this user name; with spaces.manage also of strangers, and "*" for everybody\'s'),
    ...pageInput,
  }),
  output: z.object({ spaces: z.array(Space).describe("The spaces, by name"), ...pageOutput }),
  problems: [],
  path: "/spaces",
  tool: {
    visibility: "native",
    keywords: ["spaces", "environments", "containers", "workspaces", "machines", "status"],
  },
  command: { words: ["space", "list"], args: [] },
  label: () => "List spaces",
  run: (call, input, { spaces }: Needs<"list">) => spaces.list(call, input),
});

export const getSpace = operation({
  name: "get_space",
  title: "Get space",
  description: "Get one space: its state and why, its template and parameters, its ports, limits and health.",
  effect: "read",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({ space: SpaceRef }),
  output: z.object({ space: Space.describe("The space") }),
  problems: ["not_found", "conflict"],
  path: "/spaces/{space}",
  tool: { visibility: "native", keywords: ["space", "details", "state", "status", "health", "ports", "failed", "why"] },
  command: { words: ["space", "get"], args: ["space"] },
  label: ({ space }) => `Look at space "${space}"`,
  run: async (call, input, { spaces }: Needs<"get">) => ({ space: await spaces.get(call, input) }),
});

export const createSpace = operation({
  name: "create_space",
  title: "Create space",
  description:
    "Create a dev environment from a template and start it. Returns when it runs, or after wait_seconds with the state it is in then.",
  effect: "write",
  idempotent: false,
  creates: true,
  approval: false,
  permission: "spaces.use",
  input: z.object({
    template: z.string().min(1).max(64).describe("Name or id of the template; list_templates shows them"),
    name: SpaceName,
    description: Description.default(""),
    parameters: ParameterValues.default({}),
    start: z.boolean().default(true).describe("Whether to start it as well"),
    group_ids: GroupIds.default([]),
    wait_seconds: WaitSeconds,
  }),
  output: z.object({ space: Space.describe("The new space") }),
  problems: ["not_found", "conflict", "quota_exceeded", "runtime_unavailable", "runtime_failed"],
  path: "/spaces",
  tool: {
    visibility: "native",
    keywords: ["create", "new", "space", "environment", "container", "launch", "provision"],
  },
  command: { words: ["space", "create"], args: ["name", "template"] },
  label: ({ name, template }) => `Create space "${name}" from template "${template}"`,
  secrets: (call, input, { spaces }: Needs<"create" | "secretFields">) => spaces.secretFields(call, input),
  run: async (call, input, { spaces }: Needs<"create" | "secretFields">) => ({
    space: await spaces.create(call, input),
  }),
});

export const updateSpace = operation({
  name: "update_space",
  title: "Update space",
  description:
    "Change the name, description, sharing, parameters or template version of a space. Parameters and version count from the next start.",
  effect: "write",
  idempotent: true,
  permission: "spaces.use",
  method: "PATCH",
  input: z.object({
    space: SpaceRef,
    name: SpaceName.optional().describe("New name"),
    description: Description.optional(),
    group_ids: GroupIds.optional(),
    parameters: ParameterValues.optional(),
    template_version: z.literal("latest").optional().describe("Move to the newest version of the template"),
  }),
  output: z.object({ space: Space.describe("The space as it is now") }),
  problems: ["not_found", "forbidden", "conflict"],
  path: "/spaces/{space}",
  tool: {
    visibility: "discoverable",
    keywords: ["space", "rename", "edit", "change", "share", "parameters", "upgrade"],
  },
  command: { words: ["space", "update"], args: ["space"] },
  label: ({ space }) => `Change space "${space}"`,
  secrets: (call, input, { spaces }: Needs<"update" | "secretFields">) => spaces.secretFields(call, input),
  run: async (call, input, { spaces }: Needs<"update" | "secretFields">) => ({
    space: await spaces.update(call, input),
  }),
});

export const deleteSpace = operation({
  name: "delete_space",
  title: "Delete space",
  description:
    "Delete a space with its container and its volumes. Without confirm it only says what would be lost. force works even when the engine does not answer.",
  effect: "destroy",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({
    space: SpaceRef,
    confirm: z.boolean().default(false).describe("Must be true; what is deleted cannot be brought back"),
    force: z
      .boolean()
      .default(false)
      .describe("Delete it in whatever state it is; what the engine holds is removed as soon as it answers"),
    keep_volumes: z.boolean().default(false).describe("Keep its volumes; list_volumes shows them afterwards"),
    wait_seconds: WaitSeconds,
  }),
  output: z.object({
    deleted: z.boolean().describe("Whether it is gone"),
    space: Space.nullable().describe("The space when the wait ended before it was gone"),
  }),
  problems: ["not_found", "forbidden", "conflict", "confirmation_required", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}",
  tool: { visibility: "native", keywords: ["delete", "remove", "destroy", "space", "environment"] },
  command: { words: ["space", "delete"], args: ["space"] },
  confirms: true,
  label: ({ space, force, keep_volumes }) =>
    `Delete space "${space}"${keep_volumes ? ", keeping its volumes" : " with its volumes"}${force ? ", by force" : ""}`,
  run: (call, input, { spaces }: Needs<"delete">) => spaces.delete(call, input),
});

export const startSpace = operation({
  name: "start_space",
  title: "Start space",
  description:
    "Start a stopped or failed space so that it can be used. Returns when it runs, or after wait_seconds with the state it is in then.",
  effect: "write",
  idempotent: true,
  approval: false,
  permission: "spaces.use",
  input: z.object({ space: SpaceRef, wait_seconds: WaitSeconds }),
  output: z.object({ space: Space.describe("The space as it is now") }),
  problems: ["not_found", "conflict", "quota_exceeded", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/start",
  tool: { visibility: "native", keywords: ["boot", "launch", "run", "resume", "up", "power", "on"] },
  command: { words: ["space", "start"], args: ["space"] },
  label: ({ space }) => `Start space "${space}"`,
  run: async (call, input, { spaces }: Needs<"start">) => ({ space: await spaces.start(call, input) }),
});

export const stopSpace = operation({
  name: "stop_space",
  title: "Stop space",
  description: "Stop a running or starting space. Its files stay; what runs in it ends.",
  effect: "write",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({ space: SpaceRef, wait_seconds: WaitSeconds }),
  output: z.object({ space: Space.describe("The space as it is now") }),
  problems: ["not_found", "conflict", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/stop",
  tool: { visibility: "native", keywords: ["halt", "shutdown", "down", "end", "power", "off", "abort"] },
  command: { words: ["space", "stop"], args: ["space"] },
  label: ({ space }) => `Stop space "${space}"`,
  run: async (call, input, { spaces }: Needs<"stop">) => ({ space: await spaces.stop(call, input) }),
});

export const restartSpace = operation({
  name: "restart_space",
  title: "Restart space",
  description: "Stop a space and start it again, with changed parameters if there are any.",
  effect: "write",
  idempotent: false,
  permission: "spaces.use",
  input: z.object({ space: SpaceRef, wait_seconds: WaitSeconds }),
  output: z.object({ space: Space.describe("The space as it is now") }),
  problems: ["not_found", "conflict", "quota_exceeded", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/restart",
  tool: { visibility: "native", keywords: ["reboot", "reload", "cycle", "apply", "again"] },
  command: { words: ["space", "restart"], args: ["space"] },
  label: ({ space }) => `Restart space "${space}"`,
  run: async (call, input, { spaces }: Needs<"restart">) => ({ space: await spaces.restart(call, input) }),
});

export const listSpaceEvents = operation({
  name: "list_space_events",
  title: "List space events",
  description: "List what happened to a space, newest first: states with their reasons, progress, health, changes.",
  effect: "read",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({ space: SpaceRef, ...pageInput }),
  output: z.object({ events: z.array(Event).describe("The events, newest first"), ...pageOutput }),
  problems: ["not_found", "conflict"],
  path: "/spaces/{space}/events",
  tool: { visibility: "discoverable", keywords: ["timeline", "history", "progress", "events", "happened", "failed"] },
  command: { words: ["space", "events"], args: ["space"] },
  label: ({ space }) => `List the events of space "${space}"`,
  run: (call, input, { spaces }: Needs<"events">) => spaces.events(call, input),
});

export const getSpaceLogs = operation({
  name: "get_space_logs",
  title: "Get space logs",
  description: "Get the last lines that the main process of a space printed; also after it ended, to see why.",
  effect: "read",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({
    space: SpaceRef,
    lines: z.coerce.number().int().min(1).max(5000).default(200).describe("How many lines at most, 1 to 5000"),
    max_output_bytes: z.coerce
      .number()
      .int()
      .min(1024)
      .max(256 * 1024)
      .default(16 * 1024)
      .describe("How much text at most, 1024 to 262144 bytes; the newest is kept"),
  }),
  output: z.object({
    text: z.string().describe("What it printed, output and errors together"),
    lines: z.number().int().describe("How many lines these are"),
    cut_bytes: z
      .number()
      .int()
      .describe("How many bytes of older lines were left out; ask again with a larger max_output_bytes to see them"),
  }),
  problems: ["not_found", "conflict", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/logs",
  tool: { visibility: "discoverable", keywords: ["logs", "output", "console", "printed", "stdout", "crash"] },
  command: { words: ["space", "logs"], args: ["space"] },
  label: ({ space }) => `Read the logs of space "${space}"`,
  run: (call, input, { spaces }: Needs<"logs">) => spaces.logs(call, input),
});

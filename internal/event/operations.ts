import { z } from "zod";
import { operation } from "../operation/operation.ts";
import type { Events } from "./event.ts";
import { Event } from "./schema.ts";

const type = z
  .string()
  .max(100)
  .regex(/^[a-z_]+\.(\*|[a-z_]+)$/, "is not an event type such as space.state or space.*");

export const listEvents = operation({
  name: "list_events",
  title: "List events",
  description:
    "List what happened lately to you and to what you may see, oldest first: states of spaces, approvals, changes of tools. Give last_seq as after to get what came since.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({
    after: z.coerce
      .number()
      .int()
      .min(0)
      .optional()
      .describe("Only those behind this position; the newest when left out"),
    limit: z.coerce.number().int().min(1).max(1000).default(100).describe("How many to return at most, 1 to 1000"),
    types: z.array(type).max(20).optional().describe("Only these types, such as space.state or approval.*"),
  }),
  output: z.object({
    events: z.array(Event).describe("The events"),
    total: z.number().int().describe("How many there are in all, behind after"),
    returned: z.number().int().describe("How many are here"),
    last_seq: z.number().int().describe("Give this as after the next time"),
  }),
  problems: [],
  path: "/events",
  tool: { visibility: "discoverable", keywords: ["history", "changes", "activity", "happened"] },
  command: { words: ["events"], args: [] },
  label: () => "List events",
  run: (call, input, { events }: { readonly events: Pick<Events, "list"> }) => events.list(call, input),
});

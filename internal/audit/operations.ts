import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import type { Audit } from "./audit.ts";
import { AuditEntry, doors, outcomes } from "./schema.ts";

const at = (what: string) => z.coerce.number().int().min(0).optional().describe(what);

export const listAuditEntries = operation({
  name: "list_audit_entries",
  title: "List audit entries",
  description:
    "Read the audit log, newest first: who did what, through which door and client, and how it ended. Also what was denied.",
  effect: "read",
  idempotent: true,
  permission: "audit.view",
  input: z.strictObject({
    user: z.string().min(1).max(200).optional().describe("Only what this user did, by name or id"),
    operation: z.string().min(1).max(200).optional().describe("Only this operation or tool, such as delete_space"),
    outcome: z.enum(outcomes).optional().describe("Only what ended like this"),
    door: z.enum(doors).optional().describe("Only what came through this door, such as mcp"),
    since: at("Only what began at this time or later, in milliseconds since 1970 UTC"),
    until: at("Only what began before this time, in milliseconds since 1970 UTC"),
    ...pageInput,
  }),
  output: z.object({ entries: z.array(AuditEntry).describe("The entries"), ...pageOutput }),
  problems: [],
  path: "/audit",
  tool: { visibility: "discoverable", keywords: ["log", "history", "who", "security", "trail"] },
  command: { words: ["audit"], args: [] },
  label: () => "Read the audit log",
  run: (call, input, { audit }: { readonly audit: Pick<Audit, "list"> }) => audit.list(call, input),
});

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

export const verifyAuditLog = operation({
  name: "verify_audit_log",
  title: "Verify audit log",
  description:
    "Check that no entry of the audit log was changed, deleted or moved. Keep the checkpoint of the answer in another place: given to a later check, it also finds a log whose end was cut off or that was written anew as a whole. The daemon writes one to its own log every hour.",
  effect: "read",
  idempotent: true,
  permission: "audit.view",
  input: z.strictObject({
    checkpoint: z
      .string()
      .regex(/^\d{1,15}:([0-9a-f]{64})?$/, "is not a checkpoint, which is a number, a colon and 64 hex digits")
      .optional()
      .describe("The checkpoint of an earlier check, which must still be part of the log"),
  }),
  output: z.object({
    intact: z.boolean().describe("Whether everything is as it was written"),
    checked: z.number().int().describe("How many entries were checked"),
    fault: z.string().nullable().describe("The first thing that is wrong; null when nothing is"),
    checkpoint: z.string().describe("Where the log ends; keep it elsewhere and give it to the next check"),
  }),
  problems: [],
  path: "/audit/verification",
  tool: { visibility: "discoverable", keywords: ["tamper", "hash chain", "integrity", "forged", "proof"] },
  command: { words: ["audit", "verify"], args: [] },
  label: () => "Verify the audit log",
  run: (call, { checkpoint }, { audit }: { readonly audit: Pick<Audit, "verify"> }) => audit.verify(call, checkpoint),
});

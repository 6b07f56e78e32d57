import { z } from "zod";

export const outcomes = ["ok", "failed", "denied", "pending"] as const;
export const doors = ["web", "rest", "cli", "mcp", "assistant", "schedule", "system"] as const;

/** A line of the audit log. Text from outside is escaped, so that a line stays a line. */
export const AuditEntry = z
  .object({
    seq: z.number().int().describe("Position in the log; grows by one with every entry"),
    at: z.number().int().describe("When it began, in milliseconds since 1970 UTC"),
    call_id: z.string().describe("The id of the call; problems name it as their instance"),
    user_id: z.string().nullable().describe("Who did it; null when nobody was signed in"),
    username: z.string().describe("The name of who did it, or tried to"),
    credential_kind: z.string().nullable().describe("session, token, local or system"),
    credential_id: z.string().nullable().describe("The id of the session or token"),
    credential_name: z.string().nullable().describe("The name of the session or token"),
    door: z.enum(doors).describe("Through which door it came"),
    client: z.string().describe("The program that called, as it names itself"),
    ip: z.string().describe("The address it came from"),
    operation: z.string().describe("The operation or tool, or what happened, such as login"),
    origin: z.string().describe("knot, or the connected server the tool belongs to"),
    effect: z.enum(["read", "write", "destroy"]).describe("What kind of effect it has"),
    label: z.string().describe("What was done, in one sentence; never a secret"),
    outcome: z.enum(outcomes).describe("How it ended"),
    problem_code: z.string().nullable().describe("The problem it ended with"),
    duration_ms: z.number().int().describe("How long it took, in milliseconds"),
    hash: z.string().describe("SHA-256 of the previous entry's hash and this entry"),
  })
  .meta({ id: "AuditEntry" });

export type AuditEntry = z.output<typeof AuditEntry>;

/** An entry before it has its place in the chain. */
export type AuditRow = Omit<AuditEntry, "seq" | "hash">;

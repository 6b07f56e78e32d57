import { z } from "zod";

/** Where an approval stays. */
export const endedStates = ["done", "failed", "denied", "withdrawn", "expired", "interrupted"] as const;

export const approvalStates = ["pending", "approved", "executing", ...endedStates] as const;

/**
 * `withdrawn`: who asked said no themselves, or there was nothing left to ask. `interrupted`: the daemon ended while the
 * call ran, so nobody knows whether it took effect.
 */
export type ApprovalState = (typeof approvalStates)[number];

const at = (what: string) => z.number().int().describe(`${what}, in milliseconds since 1970 UTC`);

/** A call that asked, as people see it. Values of fields that look like secrets are hidden. */
export const Approval = z
  .object({
    id: z.string().describe("The approval's id"),
    state: z
      .enum(approvalStates)
      .describe("Where it stands; withdrawn: who asked took it back; interrupted: nobody knows whether it took effect"),
    label: z.string().describe("What would be done, in one sentence"),
    tool: z.string().describe("The operation or tool that was called"),
    origin: z.string().describe("knot, or the connected server the tool belongs to"),
    effect: z.enum(["read", "write", "destroy"]).describe("What kind of effect it has"),
    arguments: z.record(z.string(), z.unknown()).describe("What it was called with; secrets are hidden"),
    user_id: z.string().describe("Who called"),
    username: z.string().describe("The name of who called"),
    credential_kind: z.enum(["session", "token", "local", "system"]).describe("What kind of credential was used"),
    credential_name: z.string().describe("The credential's name, such as the token's"),
    door: z.string().describe("Through which door it came: web, rest, cli, mcp, assistant or schedule"),
    client: z.string().describe("The program that called, as it names itself"),
    created_at: at("When it asked"),
    expires_at: at("Until when it can be decided"),
    decided_by: z.string().nullable().describe("The name of who decided"),
    decided_at: at("When it was decided").nullable(),
    reason: z.string().nullable().describe("What the decider wrote, or why it ended undecided"),
    finished_at: at("When the call ended").nullable(),
  })
  .meta({ id: "Approval" });

export type Approval = z.output<typeof Approval>;

/** An approval with how its call ended. Only the caller sees the output. */
export const DecidedApproval = Approval.extend({
  output: z.unknown().describe("What the call returned; null unless it is done and yours"),
  problem: z.record(z.string(), z.unknown()).nullable().describe("The problem the call ended with"),
}).meta({ id: "DecidedApproval" });

export type DecidedApproval = z.output<typeof DecidedApproval>;

export const policySubjects = ["everyone", "role", "user", "token"] as const;
export type PolicySubject = (typeof policySubjects)[number];
export type PolicyMode = "ask" | "auto";

/** Whose calls of which tool ask first. Of all that match, asking wins. */
export const ApprovalPolicy = z
  .object({
    id: z.string().describe("The policy's id"),
    subject: z.enum(policySubjects).describe("Whom it is about"),
    subject_id: z.string().describe("The id of the role, user or token; empty for everyone"),
    subject_name: z.string().describe("The name it had when the policy was set"),
    tool: z.string().describe("The tool, or * for every one that changes something"),
    mode: z.enum(["ask", "auto"]).describe("ask: a person decides each call; auto: it runs at once"),
    set_by: z.enum(["owner", "admin"]).describe("Whether one set it for oneself or an administrator did"),
    created_by: z.string().describe("The name of who set it"),
    created_at: at("When it was set"),
  })
  .meta({ id: "ApprovalPolicy" });

export type ApprovalPolicy = z.output<typeof ApprovalPolicy>;

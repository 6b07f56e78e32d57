import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import type { Approvals } from "./approval.ts";
import type { ApprovalPolicies } from "./approval-policies.ts";
import { Approval, ApprovalPolicy, approvalStates, DecidedApproval, policySubjects } from "./schema.ts";

type Approving = { readonly approvals: Pick<Approvals, "list" | "get" | "approve" | "deny"> };
type Policing = { readonly approvalPolicies: Pick<ApprovalPolicies, "list" | "set" | "delete"> };

const approval = z.string().min(1).max(100).describe("The approval's id");
const reason = z.string().max(1000).optional().describe("Why, for the caller and the audit log");

export const listApprovals = operation({
  name: "list_approvals",
  title: "List approvals",
  description:
    "List calls that wait for approval or were decided, newest first: your own, or everybody's if you manage approvals.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({
    state: z.enum(approvalStates).optional().describe("Only those in this state, such as pending"),
    mine: z.boolean().default(false).describe("Only your own, also when you may see everybody's"),
    ...pageInput,
  }),
  output: z.object({ approvals: z.array(Approval).describe("The approvals"), ...pageOutput }),
  problems: [],
  path: "/approvals",
  tool: { visibility: "discoverable", keywords: ["pending", "waiting", "inbox", "permission"] },
  command: { words: ["approval", "list"], args: [] },
  label: () => "List approvals",
  run: (call, input, { approvals }: Approving) => approvals.list(call, input),
});

export const getApproval = operation({
  name: "get_approval",
  title: "Get approval",
  description:
    "See one call that waits for approval or was decided, with its arguments and, if it is yours, its result.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({ approval }),
  output: z.object({ approval: DecidedApproval.describe("The approval") }),
  problems: ["not_found"],
  path: "/approvals/{approval}",
  tool: { visibility: "discoverable", keywords: ["pending", "decision", "status"] },
  command: { words: ["approval", "show"], args: ["approval"] },
  label: ({ approval }) => `Show approval ${approval}`,
  run: async (call, input, { approvals }: Approving) => ({ approval: await approvals.get(call, input.approval) }),
});

export const approveCall = operation({
  name: "approve_call",
  title: "Approve call",
  description:
    "Allow a waiting call. It runs at once, with the rights of who made it, and only once. A model or the token that made the call cannot approve it.",
  effect: "write",
  idempotent: false,
  permission: null,
  input: z.strictObject({
    approval,
    reason,
    wait_seconds: z.coerce
      .number()
      .int()
      .min(0)
      .max(600)
      .default(30)
      .describe("How long to wait for the call to end; it goes on after that, 0 to 600"),
  }),
  output: z.object({ approval: DecidedApproval.describe("The approval, with the result of the call") }),
  problems: ["not_found", "conflict", "forbidden"],
  path: "/approvals/{approval}/approve",
  tool: { visibility: "hidden", keywords: [] },
  command: { words: ["approval", "approve"], args: ["approval"] },
  label: ({ approval }) => `Approve the call ${approval}`,
  approval: false,
  run: async (call, input, { approvals }: Approving) => ({ approval: await approvals.approve(call, input) }),
});

export const denyCall = operation({
  name: "deny_call",
  title: "Deny call",
  description: "Refuse a waiting call. Its caller is told so, with the reason.",
  effect: "write",
  idempotent: false,
  permission: null,
  input: z.strictObject({ approval, reason }),
  output: z.object({ approval: DecidedApproval.describe("The approval") }),
  problems: ["not_found", "conflict", "forbidden"],
  path: "/approvals/{approval}/deny",
  tool: { visibility: "hidden", keywords: [] },
  command: { words: ["approval", "deny"], args: ["approval"] },
  label: ({ approval }) => `Deny the call ${approval}`,
  approval: false,
  run: async (call, input, { approvals }: Approving) => ({ approval: await approvals.deny(call, input) }),
});

export const listApprovalPolicies = operation({
  name: "list_approval_policies",
  title: "List approval policies",
  description:
    "List the policies that say which calls ask first: those that concern you, or all if you manage approvals.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject(pageInput),
  output: z.object({ policies: z.array(ApprovalPolicy).describe("The policies"), ...pageOutput }),
  problems: [],
  path: "/approval-policies",
  tool: { visibility: "discoverable", keywords: ["ask", "auto", "allow", "rules"] },
  command: { words: ["approval", "policies"], args: [] },
  label: () => "List approval policies",
  run: (call, input, { approvalPolicies }: Policing) => approvalPolicies.list(call, input),
});

export const setApprovalPolicy = operation({
  name: "set_approval_policy",
  title: "Set approval policy",
  description:
    "Say whether calls of a tool ask a person first. Everyone may do so for themselves and their own tokens. Of all policies that match a call, asking wins.",
  effect: "write",
  idempotent: true,
  permission: null,
  input: z.strictObject({
    subject: z
      .enum(policySubjects)
      .default("user")
      .describe("Whose calls: everyone's, a role's, a user's or a token's"),
    subject_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        'Id or name of the role, user or token, a token of another user as "username/name"; yourself when left out with the subject user',
      ),
    tool: z
      .string()
      .min(1)
      .max(200)
      .default("*")
      .describe("The operation or tool, or * for every one that changes something"),
    mode: z.enum(["ask", "auto"]).describe("ask: a person decides each call; auto: it runs at once"),
  }),
  output: z.object({ policy: ApprovalPolicy.describe("The policy as it is now") }),
  problems: ["not_found", "forbidden"],
  path: "/approval-policies",
  method: "PUT",
  tool: { visibility: "discoverable", keywords: ["ask", "auto", "allow", "confirm"] },
  command: { words: ["approval", "policy", "set"], args: ["mode"] },
  label: ({ subject, subject_id, tool, mode }) =>
    `Set the approval of ${tool === "*" ? "all tools" : `"${tool}"`} to ${mode} for ${subject}${subject_id === undefined ? "" : ` "${subject_id}"`}`,
  run: async (call, input, { approvalPolicies }: Policing) => ({ policy: await approvalPolicies.set(call, input) }),
});

export const deleteApprovalPolicy = operation({
  name: "delete_approval_policy",
  title: "Delete approval policy",
  description: "Delete a policy; what then decides are the other policies and the defaults.",
  effect: "write",
  idempotent: false,
  permission: null,
  input: z.strictObject({ policy: z.string().min(1).max(100).describe("The policy's id") }),
  output: z.object({ deleted: z.boolean().describe("Whether it was there until now") }),
  problems: ["not_found", "forbidden"],
  path: "/approval-policies/{policy}",
  method: "DELETE",
  tool: { visibility: "discoverable", keywords: ["remove", "rule"] },
  command: { words: ["approval", "policy", "delete"], args: ["policy"] },
  label: ({ policy }) => `Delete the approval policy ${policy}`,
  run: (call, { policy }, { approvalPolicies }: Policing) => approvalPolicies.delete(call, policy),
});

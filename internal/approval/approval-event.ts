import type { NewEvent } from "../event/schema.ts";
import type { StoredApproval } from "./approval-store.ts";

const words = {
  pending: "waits for approval",
  approved: "was approved",
  executing: "runs",
  done: "was approved and is done",
  failed: "was approved and failed",
  denied: "was denied",
  withdrawn: "was withdrawn",
  expired: "expired",
  interrupted: "was interrupted; nobody knows whether it took effect",
} as const;

/** What the owner and the deciders hear of an approval. */
export function eventOf(
  row: Pick<StoredApproval, "id" | "user_id" | "label" | "tool" | "state" | "expires_at">,
  type: "approval.pending" | "approval.decided" | "approval.executed",
): NewEvent {
  return {
    type,
    subject_kind: "approval",
    subject_id: row.id,
    user_id: row.user_id,
    message: `${row.label}: ${words[row.state]}`,
    data: { state: row.state, tool: row.tool, label: row.label, expires_at: row.expires_at },
  };
}

import type { Approval } from "../../../internal/approval/schema.ts";
import type { useSession } from "../shell/session.ts";

/** Whether to show the buttons; the server decides whether they work. */
export const mayDecide = ({ user, may }: ReturnType<typeof useSession>, approval: Approval): boolean =>
  may("approvals.manage") || (may("approvals.decide") && approval.user_id === user.id);

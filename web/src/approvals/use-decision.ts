import { useEffect, useRef } from "react";
import { useAction } from "../api/use-action.ts";

const settleMs = 400;

/**
 * Decides one approval. Keys and clicks in the first 400 ms are ignored: the card may have appeared under a key that
 * was meant for something else.
 */
export function useDecision(id: string) {
  const shownAt = useRef(Number.POSITIVE_INFINITY);
  useEffect(() => {
    shownAt.current = performance.now();
  }, []);
  const outdates = ["list_approvals", "get_approval", "list_spaces", "get_space"] as const;
  const approve = useAction("approve_call", {
    outdates,
    says: ({ approval }) =>
      approval.state === "failed" ? "Approved, but the call failed." : "Approved. The call runs.",
  });
  const deny = useAction("deny_call", { outdates, says: () => "Denied." });
  const isSettled = () => performance.now() - shownAt.current > settleMs;
  return {
    approve: () => isSettled() && approve.mutate({ approval: id, wait_seconds: 0 }),
    deny: (reason: string) =>
      isSettled() && deny.mutate({ approval: id, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) }),
    approving: approve.isPending,
    denying: deny.isPending,
  };
}

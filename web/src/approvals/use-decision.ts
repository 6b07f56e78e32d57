import { useAction } from "../api/use-action.ts";
import { useSettled } from "../ui/use-settled.ts";

/** Decides one approval; the card may have appeared under a key or click that was meant for something else. */
export function useDecision(id: string) {
  const isSettled = useSettled({ meaning: id, fromStart: true });
  const outdates = ["list_approvals", "get_approval", "list_spaces", "get_space"] as const;
  const approve = useAction("approve_call", {
    outdates,
    says: ({ approval }) =>
      approval.state === "failed" ? "Approved, but the call failed." : "Approved. The call runs.",
  });
  const deny = useAction("deny_call", { outdates, says: () => "Denied." });
  return {
    approve: () => isSettled() && approve.mutate({ approval: id, wait_seconds: 0 }),
    deny: (reason: string) =>
      isSettled() && deny.mutate({ approval: id, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) }),
    approving: approve.isPending,
    denying: deny.isPending,
  };
}

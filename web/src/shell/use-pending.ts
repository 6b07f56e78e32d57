import { useEffect } from "react";
import { useOperation } from "../api/query.ts";
import { useSession } from "./session.ts";

/** How many calls wait for a decision; also in front of the document's title. */
export function usePendingApprovals(): number {
  const { may } = useSession();
  const enabled = may("approvals.decide") || may("approvals.manage");
  const { data } = useOperation(
    "list_approvals",
    { state: "pending", limit: 100 },
    { enabled, refetchInterval: 60_000 },
  );
  const pending = data?.total ?? 0;
  useEffect(() => {
    const show = () => {
      const plain = document.title.replace(/^\(\d+\) /, "");
      const wanted = pending > 0 ? `(${pending}) ${plain}` : plain;
      if (document.title !== wanted) document.title = wanted;
    };
    show();
    const watcher = new MutationObserver(show);
    const title = document.querySelector("title");
    if (title !== null) watcher.observe(title, { childList: true });
    return () => watcher.disconnect();
  }, [pending]);
  return pending;
}

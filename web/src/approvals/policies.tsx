import { useState } from "react";
import type { ApprovalPolicy } from "../../../internal/approval/schema.ts";
import { useOperation } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { NewPolicy } from "./new-policy.tsx";

/** Which calls ask first. Without a rule, calls of AI clients run as far as their token allows. */
export function Policies() {
  const query = useOperation("list_approval_policies", { limit: 1000 });
  const [adding, setAdding] = useState(false);
  const policies = query.data?.policies ?? [];
  const add = (
    <Button icon="plus" onClick={() => setAdding(true)}>
      New rule
    </Button>
  );
  return (
    <Panel title="Rules" aside={add}>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && policies.length === 0 && (
        <p className="text-dim">No rules: AI clients and scripts run what their token allows, without asking.</p>
      )}
      <ul className="-my-2 divide-y divide-line">
        {policies.map((policy) => (
          <PolicyRow key={policy.id} policy={policy} />
        ))}
      </ul>
      <NewPolicy open={adding} onClose={() => setAdding(false)} />
    </Panel>
  );
}

function PolicyRow({ policy }: { policy: ApprovalPolicy }) {
  const { may } = useSession();
  const remove = useAction("delete_approval_policy", {
    outdates: ["list_approval_policies"],
    says: () => "The rule is gone.",
  });
  const asks = policy.mode === "ask";
  return (
    <li className="flex items-center gap-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={asks ? "accent" : "dim"} icon={asks ? "approval" : "play"}>
            {asks ? "Ask first" : "Run at once"}
          </Badge>
          <span className="break-words">
            {policy.tool === "*" ? (
              "every call that changes something"
            ) : (
              <code className="font-mono">{policy.tool}</code>
            )}
          </span>
        </p>
        <p className="mt-0.5 text-sm break-words text-dim">
          {subjectOf(policy)}, set by {policy.created_by}
        </p>
      </div>
      {(policy.set_by === "owner" || may("approvals.manage")) && (
        <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate({ policy: policy.id })}>
          Remove
        </Button>
      )}
    </li>
  );
}

const subjectOf = ({ subject, subject_name }: ApprovalPolicy): string =>
  subject === "everyone" ? "For everyone" : `For the ${subject} ${subject_name}`;

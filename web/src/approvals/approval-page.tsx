import { getRouteApi, Link } from "@tanstack/react-router";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { Icon } from "../ui/icon.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page, Panel } from "../ui/page.tsx";
import { TextBlock } from "../ui/text-block.tsx";
import { ApprovalCard } from "./approval-card.tsx";
import { mayDecide } from "./may-decide.ts";

const route = getRouteApi("/shell/approvals/$approval");

/** One approval by its link, which is what clients are told to show. */
export function ApprovalPage() {
  const { approval: id } = route.useParams();
  const session = useSession();
  const query = useOperation("get_approval", { approval: id });
  const approval = query.data?.approval;
  const crumb = (
    <Link to="/approvals" className="inline-flex items-center gap-1 text-dim hover:text-ink">
      <Icon name="left" /> Approvals
    </Link>
  );
  return (
    <Page title="Approval" crumb={crumb} narrow>
      {query.isPending && <Loading rows={2} />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {approval !== undefined && (
        <div className="grid gap-4">
          <ApprovalCard approval={approval} may={mayDecide(session, approval)} />
          {approval.problem !== null && (
            <Panel title="How the call failed">
              <p>{String(approval.problem["detail"] ?? "")}</p>
              <p className="mt-1 font-mono text-xs text-dim">{String(approval.problem["code"] ?? "")}</p>
            </Panel>
          )}
          {approval.output !== null && approval.output !== undefined && (
            <Panel title="What the call returned">
              <TextBlock text={JSON.stringify(approval.output, null, 2)} height="max-h-96" />
            </Panel>
          )}
        </div>
      )}
    </Page>
  );
}

import { Link } from "@tanstack/react-router";
import type { Approval } from "../../../internal/approval/schema.ts";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { Badge } from "../ui/badge.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Ago } from "../ui/time.tsx";
import { ApprovalCard } from "./approval-card.tsx";
import { stateLooks } from "./labels.ts";
import { mayDecide } from "./may-decide.ts";
import { Policies } from "./policies.tsx";

/** The inbox: what waits on top, what was decided below. */
export function ApprovalsPage() {
  const session = useSession();
  const approvals = useOperation("list_approvals", { limit: 100 }, { refetchInterval: 60_000 });
  const list = approvals.data?.approvals ?? [];
  const pending = list.filter(({ state }) => state === "pending");
  const decided = list.filter(({ state }) => state !== "pending");
  return (
    <Page
      title="Approvals"
      about="Calls that wait until a person has looked at them. Nothing runs before you decide."
      narrow
    >
      <p role="status" className="sr-only">
        {pending.length === 0 ? "Nothing waits." : `${pending.length} waiting.`}
      </p>
      {approvals.isPending && <Loading />}
      {approvals.isError && <ProblemNotice error={approvals.error} retry={() => void approvals.refetch()} />}
      {approvals.isSuccess && pending.length === 0 && (
        <EmptyState title="Nothing waits for you">
          When an AI client or a script calls something that asks first, it shows up here and in the badge of the menu.
        </EmptyState>
      )}
      {pending.length > 0 && (
        <section aria-labelledby="waiting-heading">
          <h2 id="waiting-heading" className="sr-only">
            Waiting
          </h2>
          <ul className="grid gap-4">
            {pending.map((approval) => (
              <li key={approval.id}>
                <ApprovalCard approval={approval} may={mayDecide(session, approval)} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {decided.length > 0 && <Decided list={decided} />}
      <div className="mt-10">
        <Policies />
      </div>
    </Page>
  );
}

function Decided({ list }: { list: readonly Approval[] }) {
  return (
    <section aria-labelledby="decided-heading" className="mt-10">
      <h2 id="decided-heading" className="mb-2 text-sm font-semibold text-dim">
        Decided
      </h2>
      <ul className="divide-y divide-line rounded-xl border border-line bg-panel">
        {list.map((approval) => {
          const state = stateLooks[approval.state];
          return (
            <li key={approval.id}>
              <Link
                to="/approvals/$approval"
                params={{ approval: approval.id }}
                className="grid gap-1 px-4 py-3 first:rounded-t-xl last:rounded-b-xl hover:bg-hover sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center sm:gap-4"
              >
                <span className="min-w-0">
                  <span className="block truncate font-medium">
                    <Revealed text={approval.label} />
                  </span>
                  <span className="block truncate text-sm text-dim">
                    {approval.decided_by === null ? "Nobody decided" : `by ${approval.decided_by}`}
                    {approval.reason !== null && `: “${approval.reason}”`} ·{" "}
                    <Ago at={approval.decided_at ?? approval.expires_at} />
                  </span>
                </span>
                <span>
                  <Badge tone={state.tone} icon={state.icon}>
                    {state.word}
                  </Badge>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

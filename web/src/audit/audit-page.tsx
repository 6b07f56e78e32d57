import { useState } from "react";
import type { AuditEntry } from "../../../internal/audit/schema.ts";
import { useOperation } from "../api/query.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import type { IconName } from "../ui/icon.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";

const outcomes: Readonly<Record<AuditEntry["outcome"], readonly [string, Tone, IconName]>> = {
  ok: ["Done", "good", "check"],
  failed: ["Failed", "bad", "warning"],
  denied: ["Denied", "bad", "cross"],
  pending: ["Waiting", "wait", "clock"],
};

/** Who did what through which door, the latest first, a page at a time. */
export function AuditPage() {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const query = useOperation("list_audit_entries", { limit: 50, ...(cursor === undefined ? {} : { cursor }) });
  const entries = query.data?.entries ?? [];
  const next = query.data?.next_cursor ?? null;
  return (
    <Page title="Audit" about="Every call through every door, also what was denied.">
      {query.isPending && <Loading rows={6} />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && entries.length === 0 && (
        <EmptyState title="Nothing yet">Calls show up here as they end.</EmptyState>
      )}
      {entries.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-panel">
          {entries.map((entry) => (
            <EntryRow key={entry.seq} entry={entry} />
          ))}
        </ul>
      )}
      <nav aria-label="Pages" className="mt-4 flex items-center justify-between gap-3">
        <Button icon="left" disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
          Later
        </Button>
        <p className="text-sm text-dim">{query.data === undefined ? "" : `${query.data.total} in all`}</p>
        <Button disabled={next === null} onClick={() => next !== null && setCursors([...cursors, next])}>
          Earlier
        </Button>
      </nav>
    </Page>
  );
}

function EntryRow({ entry }: { entry: AuditEntry }) {
  const [word, tone, icon] = lookOf(entry);
  return (
    <li className="long-list-row grid gap-x-4 gap-y-1 px-4 py-2.5 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center">
      <div className="min-w-0">
        <p className="break-words">{entry.label}</p>
        <p className="truncate text-sm text-dim">
          {entry.username} · {entry.door} · <code className="font-mono">{entry.operation}</code>
          {entry.problem_code !== null && ` · ${entry.problem_code}`}
        </p>
      </div>
      <p className="flex items-center gap-3 text-sm text-dim sm:flex-row-reverse">
        <Badge tone={tone} icon={icon}>
          {word}
        </Badge>
        <Ago at={entry.at} />
      </p>
    </li>
  );
}

/** Asking what would be lost is not a failure. */
const lookOf = ({ outcome, problem_code }: AuditEntry) =>
  problem_code === "confirmation_required" ? (["Asked", "dim", "clock"] as const) : outcomes[outcome];

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useOperation } from "../api/query.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { filterOf } from "./audit-filter.ts";
import { type AuditChange, AuditFilters } from "./audit-filters.tsx";
import { AuditRow } from "./audit-row.tsx";

const route = getRouteApi("/shell/audit");

type Pages = { readonly of: string; readonly cursors: readonly string[] };

export function AuditPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  // the pages of one filter; another one begins at its first page
  const place = JSON.stringify(filter);
  const [{ of, cursors }, setPages] = useState<Pages>({ of: place, cursors: [] });
  const shown = of === place ? cursors : [];
  const cursor = shown.at(-1);
  const input = { ...filter, limit: 50, ...(cursor === undefined ? {} : { cursor }) };
  const query = useOperation("list_audit_entries", input, { keepPrevious: true });
  const entries = query.data?.entries ?? [];
  const next = query.data?.next_cursor ?? null;
  const isFiltered = Object.keys(filter).length > 0;
  const change = (part: AuditChange) =>
    void navigate({ to: "/audit", search: filterOf({ ...filter, ...part }), replace: true });
  return (
    <Page title="Audit" about="Every call through every door, also what was denied.">
      <AuditFilters filter={filter} onChange={change} />
      {query.isPending && <Loading rows={6} />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && entries.length === 0 && (
        <EmptyState
          title={isFiltered ? "Nothing like that" : "Nothing yet"}
          action={isFiltered && <Button onClick={() => void navigate({ to: "/audit" })}>Show all</Button>}
        >
          {isFiltered ? "No call matches." : "Calls show up here as they end."}
        </EmptyState>
      )}
      {entries.length > 0 && (
        <ul aria-label="Calls" className="divide-y divide-line rounded-xl border border-line bg-panel">
          {entries.map((entry) => (
            <AuditRow key={entry.seq} entry={entry} />
          ))}
        </ul>
      )}
      {(shown.length > 0 || next !== null) && (
        <nav aria-label="Pages" className="mt-4 flex items-center justify-between gap-3">
          <Button
            icon="left"
            disabled={shown.length === 0}
            onClick={() => setPages({ of: place, cursors: shown.slice(0, -1) })}
          >
            Later
          </Button>
          <p className="text-sm text-dim">{query.data === undefined ? "" : `${query.data.total} in all`}</p>
          <Button
            disabled={next === null}
            onClick={() => next !== null && setPages({ of: place, cursors: [...shown, next] })}
          >
            Earlier
          </Button>
        </nav>
      )}
    </Page>
  );
}

import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { ListToolbar } from "./list-toolbar.tsx";
import { type ListView, lookAt } from "./list-view.ts";
import { SpaceRow } from "./space-row.tsx";

const route = getRouteApi("/shell/spaces");
const most = 1000;

export function SpacesPage() {
  const view = route.useSearch();
  const navigate = useNavigate();
  const spaces = useOperation("list_spaces", { limit: most, ...(view.all === true ? { owner: "*" } : {}) });
  const list = spaces.data?.spaces ?? [];
  const { shown, total, counts } = lookAt(list, view);
  const change = (next: { readonly [Key in keyof ListView]?: ListView[Key] | undefined }) =>
    void navigate({ to: "/spaces", search: { ...view, ...next } as ListView, replace: true });
  const create = (
    <Link to="/spaces/new" className={buttonClass("primary")}>
      <Icon name="plus" />
      New space
    </Link>
  );
  return (
    <Page title="Spaces" actions={list.length > 0 && create}>
      {spaces.isPending && (
        <div className="pt-13">
          <Loading rows={4} />
        </div>
      )}
      {spaces.isError && <ProblemNotice error={spaces.error} retry={() => void spaces.refetch()} />}
      {(list.length > 0 || view.all === true) && (
        <ListToolbar view={view} counts={counts} total={total} onChange={change} />
      )}
      {spaces.isSuccess && list.length === 0 && <NoSpaces />}
      {shown.length > 0 && (
        <ul aria-label="Spaces" className="divide-y divide-line rounded-xl border border-line bg-panel">
          {shown.map((space) => (
            <SpaceRow key={space.id} space={space} />
          ))}
        </ul>
      )}
      {list.length > 0 && shown.length === 0 && (
        <EmptyState
          title="No space matches"
          action={<Button onClick={() => change({ q: undefined, state: undefined })}>Show all</Button>}
        >
          None of {list.length} is as you searched.
        </EmptyState>
      )}
      {spaces.isSuccess && spaces.data.total > list.length && (
        <p className="mt-3 text-sm text-dim">
          The first {list.length} of {spaces.data.total} by name. The command line lists all:{" "}
          <code>knot space list</code>
        </p>
      )}
    </Page>
  );
}

function NoSpaces() {
  const { may } = useSession();
  return (
    <EmptyState
      title="No spaces yet"
      action={
        <div className="flex flex-wrap justify-center gap-2">
          <Link to="/spaces/new" className={buttonClass("primary")}>
            <Icon name="plus" />
            New space
          </Link>
          {may("spaces.manage") && (
            <Link to="/spaces" search={{ all: true }} className={buttonClass()}>
              Show everybody’s
            </Link>
          )}
          {may("tokens.use") && (
            <Link to="/tokens" className={buttonClass()}>
              <Icon name="token" />
              Connect an AI client
            </Link>
          )}
        </div>
      }
    >
      A space is an environment of its own, made from a template: for you, or for the AI client you connect.
    </EmptyState>
  );
}

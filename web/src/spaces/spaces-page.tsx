import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { buttonClass } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { refOf } from "./refs.ts";
import { SpaceActions } from "./space-actions.tsx";
import { HealthBadge, StateBadge } from "./state-badge.tsx";

export function SpacesPage() {
  const { may } = useSession();
  const [everybody, setEverybody] = useState(false);
  const spaces = useOperation("list_spaces", { limit: 1000, ...(everybody ? { owner: "*" } : {}) });
  const [search, setSearch] = useState("");
  const list = spaces.data?.spaces ?? [];
  const wanted = search.trim().toLowerCase();
  const shown = list.filter((space) =>
    `${space.name} ${space.owner.username} ${space.template.name}`.toLowerCase().includes(wanted),
  );
  const create = (
    <Link to="/spaces/new" className={buttonClass("primary")}>
      <Icon name="plus" />
      New space
    </Link>
  );
  return (
    <Page title="Spaces" about={summaryOf(list)} actions={list.length > 0 && create}>
      {spaces.isPending && <Loading rows={4} />}
      {spaces.isError && <ProblemNotice error={spaces.error} retry={() => void spaces.refetch()} />}
      <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-2 empty:hidden">
        {may("spaces.manage") && spaces.isSuccess && (
          <label className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              className="size-4 accent-[var(--accent)]"
              checked={everybody}
              onChange={(event) => setEverybody(event.target.checked)}
            />
            Show everybody’s spaces
          </label>
        )}
        {list.length > 6 && (
          <input
            type="search"
            aria-label="Search spaces"
            placeholder="Search by name, owner or template"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className={`${inputClass} sm:max-w-sm`}
          />
        )}
      </div>
      {spaces.isSuccess && list.length === 0 && (
        <EmptyState title="No spaces yet" action={create}>
          A space is an environment of its own, made from a template: for you, or for the AI client you connect.
        </EmptyState>
      )}
      {shown.length > 0 && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-panel">
          {shown.map((space) => (
            <SpaceRow key={space.id} space={space} />
          ))}
        </ul>
      )}
      {list.length > 0 && shown.length === 0 && <p className="text-dim">No space matches “{search}”.</p>}
    </Page>
  );
}

function SpaceRow({ space }: { space: Space }) {
  const { user } = useSession();
  const own = space.owner.user_id === user.id;
  return (
    <li className="long-list-row grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 py-2.5 pr-2 pl-4 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_8rem]">
      <div className="min-w-0">
        <Link
          to="/spaces/$space"
          params={{ space: refOf(space, user) }}
          className="block truncate font-medium underline-offset-4 hover:text-accent hover:underline"
        >
          {!own && <span className="font-normal text-dim">{space.owner.username} / </span>}
          {space.name}
        </Link>
        <p className="truncate text-sm text-dim">
          {space.template.name}
          {space.description !== "" && ` · ${space.description}`}
        </p>
      </div>
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 max-md:col-span-2 max-md:row-start-2">
        <StateBadge state={space.state} />
        {space.state === "running" && <HealthBadge health={space.health} />}
        {saysMore(space) && <span className="line-clamp-2 min-w-0 text-sm text-dim">{space.state_reason}</span>}
      </div>
      <div className="max-md:col-start-2 max-md:row-start-1">
        <SpaceActions space={space} compact />
      </div>
    </li>
  );
}

/** A running or stopped space needs no reason in a list; one on its way or in trouble does. */
const saysMore = ({ state, state_reason }: Space): boolean =>
  state !== "running" && state !== "stopped" && !["", state].includes(state_reason.toLowerCase());

function summaryOf(list: readonly Space[]): string | undefined {
  if (list.length === 0) return undefined;
  const count = (state: Space["state"]) => list.filter((space) => space.state === state).length;
  const failed = count("failed");
  const parts = [`${list.length} in all`, `${count("running")} running`, ...(failed > 0 ? [`${failed} failed`] : [])];
  return parts.join(", ");
}

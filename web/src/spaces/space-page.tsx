import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { Icon } from "../ui/icon.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Details } from "./details.tsx";
import { Logs } from "./logs.tsx";
import { RunCommand } from "./run-command.tsx";
import { SpaceActions } from "./space-actions.tsx";
import { HealthBadge, StateBadge } from "./state-badge.tsx";
import { Timeline } from "./timeline.tsx";

const route = getRouteApi("/shell/spaces/$space");

export function SpacePage() {
  const { space: ref } = route.useParams();
  const query = useOperation("get_space", { space: ref });
  const crumb = (
    <Link to="/spaces" className="inline-flex items-center gap-1 text-dim hover:text-ink">
      <Icon name="left" /> Spaces
    </Link>
  );
  if (query.data === undefined) {
    return (
      <Page title={ref} crumb={crumb}>
        {query.isPending ? <Loading /> : <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      </Page>
    );
  }
  return <SpaceView space={query.data.space} crumb={crumb} gone={query.isError} />;
}

function SpaceView({ space, crumb, gone }: { space: Space; crumb: ReactNode; gone: boolean }) {
  const navigate = useNavigate();
  const { may } = useSession();
  return (
    <Page
      title={space.name}
      crumb={crumb}
      about={space.description || `${space.owner.username}’s space from ${space.template.name}`}
      actions={!gone && <SpaceActions space={space} onDeleted={() => void navigate({ to: "/spaces" })} />}
    >
      {gone && (
        <p className="mb-4 rounded-xl border border-line bg-sunken p-4">
          This space is gone. What you see is the last that was known.
        </p>
      )}
      <StateLine space={space} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 gap-4">
          <Timeline space={space} />
          {may("spaces.run") && <RunCommand space={space} />}
          <Logs space={space} />
        </div>
        <Details space={space} />
      </div>
    </Page>
  );
}

function StateLine({ space }: { space: Space }) {
  const outdated = space.template.latest_version > space.template.version;
  return (
    <div className="mb-4">
      <p role="status" className="flex flex-wrap items-center gap-2">
        <StateBadge state={space.state} />
        {space.state === "running" && <HealthBadge health={space.health} />}
        {space.state_reason !== "" && (
          <span className={space.state === "failed" ? "text-bad" : "text-dim"}>{space.state_reason}</span>
        )}
      </p>
      {outdated && (
        <p className="mt-2 text-sm text-dim">
          The template has version {space.template.latest_version}; this space is made from {space.template.version}.
        </p>
      )}
    </div>
  );
}

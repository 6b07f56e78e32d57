import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Prose } from "../ui/prose.tsx";
import { Details } from "./details.tsx";
import { EditSpace } from "./edit-space.tsx";
import { Logs } from "./logs.tsx";
import { nameOf } from "./refs.ts";
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
      about={
        space.description === "" ? `${space.owner.username}’s space from ${space.template.name}` : space.description
      }
      actions={
        !gone && (
          <>
            <EditSpace space={space} />
            <SpaceActions space={space} onDeleted={() => void navigate({ to: "/spaces" })} />
          </>
        )
      }
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
  const failed = space.state === "failed";
  const says = !["", space.state].includes(space.state_reason.toLowerCase());
  return (
    <div className="mb-4 grid gap-3">
      <p role="status" className="flex min-h-6 flex-wrap items-center gap-2">
        <StateBadge state={space.state} />
        {space.state === "running" && <HealthBadge health={space.health} />}
        {says && !failed && (
          <span className="min-w-0 break-words text-dim">
            <Prose text={space.state_reason} />
          </span>
        )}
      </p>
      {failed && says && (
        <p className="flex gap-3 rounded-xl border border-bad/40 bg-bad-soft px-4 py-3">
          <Icon name="warning" className="mt-0.5 size-5 text-bad" />
          <span className="min-w-0 break-words">
            <Prose text={space.state_reason} />
          </span>
        </p>
      )}
      {space.template.latest_version > space.template.version && <NewerTemplate space={space} />}
    </div>
  );
}

function NewerTemplate({ space }: { space: Space }) {
  const { user } = useSession();
  const { latest_version, version } = space.template;
  const update = useAction("update_space", {
    outdates: ["get_space", "list_spaces"],
    says: () => `The next start makes it from version ${latest_version}.`,
  });
  const busy = space.state !== "running" && space.state !== "stopped" && space.state !== "failed";
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-line bg-accent-soft px-4 py-2">
      <p className="min-w-0 flex-1 basis-60">
        Its template has version {latest_version}; this space is made from version {version}.
      </p>
      <Button
        disabled={busy}
        busy={update.isPending}
        onClick={() => update.mutate({ space: nameOf(space, user), template_version: "latest" })}
      >
        Use it from the next start
      </Button>
    </div>
  );
}

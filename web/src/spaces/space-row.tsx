import { Link } from "@tanstack/react-router";
import type { Space } from "../../../internal/space/schema.ts";
import { useSession } from "../shell/session.ts";
import { Ago } from "../ui/time.tsx";
import { refOf } from "./refs.ts";
import { SpaceActions } from "./space-actions.tsx";
import { HealthBadge, StateBadge } from "./state-badge.tsx";

export function SpaceRow({ space }: { space: Space }) {
  const { user } = useSession();
  const own = space.owner.user_id === user.id;
  return (
    <li className="long-list-row grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 py-2.5 pr-2 pl-4 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_8rem] lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_11rem_8rem]">
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
          {space.description !== "" && (
            <>
              {" · "}
              <bdi>{space.description}</bdi>
            </>
          )}
        </p>
      </div>
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 max-md:col-span-2 max-md:row-start-2">
        <StateBadge state={space.state} />
        {space.state === "running" && <HealthBadge health={space.health} />}
        {saysMore(space) && (
          <span className="line-clamp-2 min-w-0 text-sm break-words text-dim" title={space.state_reason}>
            {space.state_reason}
          </span>
        )}
      </div>
      <p className="text-sm text-dim max-lg:hidden">
        {space.state === "running" && space.started_at !== null ? (
          <>
            Started <Ago at={space.started_at} />
          </>
        ) : (
          <>
            Created <Ago at={space.created_at} />
          </>
        )}
      </p>
      <div className="max-md:col-start-2 max-md:row-start-1">
        <SpaceActions space={space} compact />
      </div>
    </li>
  );
}

/** A running or stopped space needs no reason in a list; one on its way or in trouble does. */
const saysMore = ({ state, state_reason }: Space): boolean =>
  state !== "running" && state !== "stopped" && !["", state].includes(state_reason.toLowerCase());

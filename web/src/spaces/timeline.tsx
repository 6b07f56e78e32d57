import { useState } from "react";
import type { Event } from "../../../internal/event/schema.ts";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { Button } from "../ui/button.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Loading, ProblemNotice } from "../ui/notice.tsx";
import { Panel } from "../ui/page.tsx";
import { Prose } from "../ui/prose.tsx";
import { Clock } from "../ui/time.tsx";

const busy = new Set<unknown>(["creating", "starting", "stopping", "deleting"]);
const few = 12;
const read = 200;

/** What happened to the space, step by step, the latest at the bottom; it grows while things happen. */
export function Timeline({ space }: { space: Space }) {
  const query = useOperation("list_space_events", { space: space.id, limit: read });
  const [all, setAll] = useState(false);
  const known = oldestFirst(query.data?.events ?? []);
  const events = all ? known : known.slice(-few);
  const hidden = known.length - events.length;
  return (
    <Panel title="Timeline">
      {query.isPending && <Loading rows={2} />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && events.length === 0 && <p className="text-dim">Nothing has happened yet.</p>}
      {hidden > 0 && (
        <Button look="quiet" className="-mt-2 mb-2 -ml-2" onClick={() => setAll(true)}>
          Show {hidden} earlier {hidden === 1 ? "step" : "steps"}
        </Button>
      )}
      <ol aria-live="polite" aria-relevant="additions" className="relative">
        {events.map((event, index) => (
          <Step key={event.seq} event={event} last={index === events.length - 1} space={space} />
        ))}
      </ol>
    </Panel>
  );
}

function Step({ event, last, space }: { event: Event; last: boolean; space: Space }) {
  const { state } = space;
  const [icon, tone] = lookOf(event, last, state);
  const percent = event.data["percent"];
  return (
    <li className="relative flex gap-3 pb-3 last:pb-0">
      {!last && <span aria-hidden="true" className="absolute top-6 bottom-0 left-[0.59rem] w-px bg-line" />}
      <Icon name={icon} className={`mt-0.5 size-5 ${tone}`} />
      <div className="min-w-0 flex-1">
        <p className={`break-words ${last ? "font-medium" : ""}`}>
          <Prose text={messageOf(event, last, space)} />
        </p>
        {last && typeof percent === "number" && busy.has(state) && (
          <progress value={percent} max={100} aria-label={event.message} className="mt-1 h-1.5 w-full max-w-xs" />
        )}
      </div>
      <span className="text-sm text-dim">
        <Clock at={event.at} />
      </span>
    </li>
  );
}

/** Why it failed stands above the timeline already. */
const messageOf = ({ message }: Event, last: boolean, { state, state_reason }: Space): string =>
  last && state === "failed" && message === `Failed: ${state_reason}` ? "Failed" : message;

function lookOf({ data }: Event, last: boolean, state: Space["state"]): readonly [IconName, string] {
  if (data["state"] === "failed" || data["health"] === "unhealthy") return ["warning", "text-bad"];
  if (last && busy.has(state)) return ["spinner", "text-wait"];
  if (data["state"] === "running") return ["check", "text-good"];
  if (data["state"] === "stopped") return ["stop", "text-dim"];
  return ["ring", "text-dim"];
}

const oldestFirst = (events: readonly Event[]): readonly Event[] => events.toSorted((a, b) => a.seq - b.seq);

import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Volume } from "../../../internal/volume/schema.ts";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { refOf } from "../spaces/refs.ts";
import { sizeText } from "../spaces/sizes.ts";
import { Badge } from "../ui/badge.tsx";
import { IconButton } from "../ui/button.tsx";
import { EmptyState, Loading, ProblemNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";
import { DeleteVolume } from "./delete-volume.tsx";

export function VolumesPage() {
  const query = useOperation("list_volumes", { limit: 1000 });
  const [deleting, setDeleting] = useState<Volume | null>(null);
  const list = (query.data?.volumes ?? []).toSorted(keptFirst);
  return (
    <Page title="Volumes" about="Files that outlive the containers of spaces, and the space itself if you keep them.">
      {query.isPending && <Loading />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && list.length === 0 && (
        <EmptyState title="No volumes yet">
          A template can name volumes; each of its spaces gets its own, and they show up here.
        </EmptyState>
      )}
      {list.length > 0 && (
        <ul aria-label="Volumes" className="divide-y divide-line rounded-xl border border-line bg-panel">
          {list.map((volume) => (
            <VolumeRow key={volume.id} volume={volume} onDelete={() => setDeleting(volume)} />
          ))}
        </ul>
      )}
      {deleting !== null && <DeleteVolume key={deleting.id} volume={deleting} onClose={() => setDeleting(null)} />}
    </Page>
  );
}

/** What no space has any more is what one comes here for. */
const keptFirst = (a: Volume, b: Volume): number =>
  Number(a.space.state !== null) - Number(b.space.state !== null) ||
  a.space.name.localeCompare(b.space.name) ||
  a.name.localeCompare(b.name);

function VolumeRow({ volume, onDelete }: { volume: Volume; onDelete: () => void }) {
  const { space } = volume;
  return (
    <li className="long-list-row grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 py-2.5 pr-2 pl-4 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_11rem_auto]">
      <div className="min-w-0">
        <p className="truncate font-medium">{volume.name}</p>
        <p className="truncate font-mono text-sm text-dim">{volume.path}</p>
      </div>
      <div className="min-w-0 max-md:col-start-1">
        {space.state === null ? (
          <Badge tone="wait" icon="warning">
            Kept from “{space.name}”, which is gone
          </Badge>
        ) : (
          <SpaceLink volume={volume} />
        )}
        {space.state !== null && !volume.attached && <p className="text-sm text-dim">No longer used by it</p>}
      </div>
      <p className="text-sm text-dim max-md:col-start-1">
        {sizeText(volume.reserved_bytes)} reserved
        <span className="block">
          Created <Ago at={volume.created_at} />
        </span>
      </p>
      <IconButton
        icon="trash"
        label={`Delete volume ${volume.name} of ${space.name}`}
        onClick={onDelete}
        className="max-md:col-start-2 max-md:row-span-3 max-md:row-start-1"
      />
    </li>
  );
}

function SpaceLink({ volume: { space, owner } }: { volume: Volume }) {
  const { user } = useSession();
  return (
    <Link
      to="/spaces/$space"
      params={{ space: refOf({ ...space, owner }, user) }}
      className="block truncate underline-offset-4 hover:text-accent hover:underline"
    >
      {space.name}
    </Link>
  );
}

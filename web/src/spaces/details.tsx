import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { useOperation } from "../api/query.ts";
import { useSession } from "../shell/session.ts";
import { CopyButton } from "../ui/copy.tsx";
import { Panel } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";
import { sizeText } from "./sizes.ts";

export function Details({ space }: { space: Space }) {
  return (
    <div className="grid min-w-0 gap-4">
      <Panel title="Details">
        <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
          <Row name="Owner">{space.owner.username}</Row>
          <Row name="Template">
            <Link
              to="/templates/$template"
              params={{ template: space.template.name }}
              className="text-accent underline underline-offset-4"
            >
              {space.template.name}
            </Link>{" "}
            <span className="text-dim">version {space.template.version}</span>
          </Row>
          <Row name="Runs in">{space.runtime === "docker" ? `docker, ${space.isolation}` : space.isolation}</Row>
          {space.runtime === "docker" && <Row name="Image">{space.image}</Row>}
          <Row name="Limits">
            {sizeText(space.memory_bytes)} memory, {space.cpus} CPU
            {space.limits !== "enforced" && <span className="text-dim"> ({space.limits})</span>}
          </Row>
          {space.storage_bytes > 0 && <Row name="Storage">{sizeText(space.storage_bytes)} reserved</Row>}
          <Row name="Shared with">{space.group_ids.length === 0 ? "nobody" : <Groups ids={space.group_ids} />}</Row>
          <Row name="Created">
            <Ago at={space.created_at} />
          </Row>
          <Row name="Started">{space.started_at === null ? "never" : <Ago at={space.started_at} />}</Row>
          <Row name="Changed">
            <Ago at={space.updated_at} />
          </Row>
          <Row name="Id">
            <span className="flex items-center gap-1">
              <code id="space-id" className="min-w-0 truncate font-mono text-sm">
                {space.id}
              </code>
              <CopyButton compact label="Copy the id" text={space.id} fallback="space-id" />
            </span>
          </Row>
        </dl>
      </Panel>
      <Ports space={space} />
      <Volumes space={space} />
      <Parameters space={space} />
    </div>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-dim">{name}</dt>
      <dd className="break-words">{children}</dd>
    </>
  );
}

/** Names of the groups one is in; of others only that they are. */
function Groups({ ids }: { ids: readonly string[] }) {
  const { groups } = useSession();
  const known = groups.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
  const others = ids.length - known.length;
  const rest = others === 0 ? [] : [`${others} ${known.length > 0 ? "more " : ""}group${others === 1 ? "" : "s"}`];
  return [...known, ...rest].join(", ");
}

function Ports({ space }: { space: Space }) {
  return (
    <Panel title="Ports">
      {space.ports.length === 0 && <p className="text-dim">The template declares none.</p>}
      <ul className="grid gap-1.5">
        {space.ports.map(({ name, port, protocol }) => (
          <li key={name} className="flex items-baseline justify-between gap-3">
            <span className="truncate">{name}</span>
            <span className="font-mono text-sm text-dim">
              {protocol} {port}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Volumes({ space }: { space: Space }) {
  const query = useOperation("list_volumes", { space: space.id });
  const volumes = query.data?.volumes ?? [];
  return (
    <Panel title="Volumes">
      {query.isSuccess && volumes.length === 0 && (
        <p className="text-dim">None: files are lost when the space is deleted.</p>
      )}
      {query.isError && <p className="text-dim">They could not be read.</p>}
      <ul className="grid gap-1.5">
        {volumes.map((volume) => (
          <li key={volume.id}>
            <p className="truncate">{volume.name}</p>
            <p className="truncate font-mono text-sm text-dim">{volume.path}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Parameters({ space }: { space: Space }) {
  const values = Object.entries(space.parameters);
  if (values.length === 0) return null;
  return (
    <Panel title="Parameters">
      <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        {values.map(([name, value]) => (
          <Row key={name} name={name}>
            <span className="font-mono text-sm">{String(value)}</span>
          </Row>
        ))}
      </dl>
    </Panel>
  );
}

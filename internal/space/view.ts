import { limitsText } from "./limits-text.ts";
import type { Runtime } from "./runtime.ts";
import type { Space } from "./schema.ts";
import type { ParameterValue, SpaceRow } from "./space-store.ts";

/** What stands for the value of a secret parameter; given back in an update it means "as it was". */
const mask = "********";

/** A space as callers see it: no secret, nothing of the machinery. `silent_since` is when its engine was first missed. */
export function viewOf(
  row: SpaceRow,
  runtime: Pick<Runtime, "isolation" | "enforcement"> | undefined,
  silent_since: number | null,
): Space {
  const secrets = Object.keys(row.secrets).map((name) => [name, mask]);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    owner: { user_id: row.user_id, username: row.username },
    template: {
      id: row.template_id,
      name: row.template_name,
      version: row.template_version,
      latest_version: row.template_latest,
    },
    state: row.state,
    state_reason: row.state === "running" ? `${row.state_reason}${doubt(silent_since)}` : row.state_reason,
    desired: row.desired,
    runtime: row.runtime,
    isolation: runtime?.isolation ?? "unknown: the runtime is not set up",
    limits: runtime === undefined ? "unknown: the runtime is not set up" : limitsText(runtime.enforcement),
    health: row.health,
    image: row.image,
    parameters: { ...row.parameters, ...Object.fromEntries(secrets) },
    ports: [...row.ports],
    memory_bytes: row.memory_bytes,
    cpus: row.cpus,
    storage_bytes: row.storage_bytes,
    group_ids: [...row.group_ids],
    created_at: row.created_at,
    started_at: row.started_at,
    updated_at: row.updated_at,
  };
}

const doubt = (silent_since: number | null): string =>
  silent_since === null ? "" : `; the engine has not answered since ${new Date(silent_since).toISOString()}`;

/** Given parameters without those that only repeat the mask of a secret. */
export const withoutMasks = (given: Readonly<Record<string, ParameterValue>>, row: SpaceRow) =>
  Object.fromEntries(Object.entries(given).filter(([name, value]) => !(value === mask && name in row.secrets)));

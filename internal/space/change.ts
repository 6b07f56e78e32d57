import type { NewEvent } from "../event/schema.ts";
import type { Target } from "./runtime.ts";
import type { Plan, SpaceRow, StateChange } from "./space-store.ts";

/** The container of a space's generation. */
export const targetOf = (row: Pick<SpaceRow, "id" | "generation" | "user_id">): Target => ({
  space_id: row.id,
  generation: row.generation,
  user_id: row.user_id,
});

/** A state that ends by itself: a step is under way, or a step is due. */
export const isTransient = (state: SpaceRow["state"]): boolean =>
  state === "creating" || state === "starting" || state === "stopping" || state === "deleting";

/** The event of a change of state, as the timeline shows it. */
export function stateEvent(row: SpaceRow, change: Partial<StateChange>, message: string): NewEvent {
  const { state, desired, state_reason: reason, generation, health } = { ...row, ...change };
  return spaceEvent(row, "space.state", message, { state, desired, reason, generation, health });
}

/** An event about a space, for its owner and the groups it is shared with. */
export const spaceEvent = (
  row: Pick<SpaceRow, "id" | "name" | "user_id" | "group_ids">,
  type: string,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
): NewEvent => ({
  type,
  subject_kind: "space",
  subject_id: row.id,
  user_id: row.user_id,
  group_ids: row.group_ids,
  message,
  data: { name: row.name, ...data },
});

/** The intent to start with a plan: the same container when nothing in it changed, else the next generation. */
export const launch = (row: SpaceRow, plan: Plan) => ({
  state: "starting" as const,
  desired: "running" as const,
  state_reason: "Preparing to start",
  step: null,
  health: null,
  plan,
  generation: plan.spec_hash === row.spec_hash && plan.runtime === row.runtime ? row.generation : row.generation + 1,
});

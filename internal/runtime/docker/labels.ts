import type { Target } from "../../space/runtime.ts";

/** Labels carry ids only: the database is the truth, and labels can be read by anyone who may use the engine. */
export const instanceLabel = "knot.instance";
export const spaceLabel = "knot.space";
export const generationLabel = "knot.generation";
export const userLabel = "knot.user";

/** The labels of a container. */
export function labelsOf(instanceId: string, target: Target): Record<string, string> {
  return {
    [instanceLabel]: instanceId,
    [spaceLabel]: target.space_id,
    [generationLabel]: String(target.generation),
    [userLabel]: target.user_id,
  };
}

/** The only name a container of this target can have: a lost answer cannot make a second one. */
export function containerName(target: Target): string {
  return `kn-${target.space_id}-${target.generation}`;
}

import { z } from "zod";

const amount = z.number().nonnegative().nullable();
const count = z.number().int().nonnegative().nullable();

const limits = {
  spaces: count.describe("How many spaces; null sets no limit"),
  cpus: amount.describe("CPUs of all running spaces together, such as 2.5; null sets no limit"),
  memory_bytes: count.describe("Memory of all running spaces together; null sets no limit"),
  storage_bytes: count.describe("Storage of all spaces together; null sets no limit"),
};

/** What a user or a group may use at once. `null` sets no limit of its own; see `effectiveQuota` for who wins. */
export const Quota = z
  .strictObject({
    spaces: limits.spaces.default(null),
    cpus: limits.cpus.default(null),
    memory_bytes: limits.memory_bytes.default(null),
    storage_bytes: limits.storage_bytes.default(null),
  })
  .meta({ id: "Quota" });

export type Quota = z.output<typeof Quota>;

/** A change to a quota: what is left out stays as it is. */
export const QuotaChange = z.strictObject(limits).partial().meta({ id: "QuotaChange" });

export type QuotaChange = z.output<typeof QuotaChange>;

export const noQuota: Quota = { spaces: null, cpus: null, memory_bytes: null, storage_bytes: null };

const dimensions = ["spaces", "cpus", "memory_bytes", "storage_bytes"] as const;

/** The quota with a change applied. */
export const changedQuota = (quota: Quota, change: QuotaChange): Quota =>
  Object.fromEntries(
    dimensions.map((name) => [name, change[name] === undefined ? quota[name] : change[name]]),
  ) as Quota;

/**
 * What counts for a user, for each dimension: the user's own limit when one is set, otherwise the largest limit
 * that one of their groups sets, otherwise `null`: unlimited. A group without a limit has no say.
 */
export function effectiveQuota(own: Quota, groups: readonly Quota[]): Quota {
  const effective = (name: (typeof dimensions)[number]) => {
    if (own[name] !== null) return own[name];
    const limits = groups.map((quota) => quota[name]).filter((value) => value !== null);
    return limits.length === 0 ? null : Math.max(...limits);
  };
  return Object.fromEntries(dimensions.map((name) => [name, effective(name)])) as Quota;
}

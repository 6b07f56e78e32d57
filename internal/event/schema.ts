import { z } from "zod";

/** Something that happened, as it is stored and streamed. `seq` only grows; a gap never closes later. */
export const Event = z
  .object({
    seq: z.number().int().describe("Position in the stream; resume after it"),
    at: z.number().int().describe("When, in milliseconds since 1970 UTC"),
    type: z.string().describe("What happened, as noun.verb: space.state, approval.pending, tools.changed"),
    subject_kind: z.string().describe("The kind of thing it happened to: space, template, approval, ..."),
    subject_id: z.string().describe("The id of that thing"),
    user_id: z.string().nullable().describe("Whom it concerns; null for all who may see the thing"),
    message: z.string().describe("One line for people"),
    data: z.record(z.string(), z.unknown()).describe("What changed; never a secret"),
  })
  .meta({ id: "Event" });

export type Event = z.output<typeof Event>;

/**
 * Whom an event is for, beside those who manage its kind of thing: its user, and the members of these groups. Null for
 * both means everyone who is signed in; no user and an empty list, nobody else.
 */
export type Audience = { readonly user_id: string | null; readonly group_ids: readonly string[] | null };

/** A committed event with its audience, which stays inside. */
export type CommittedEvent = Event & Audience;

/** An event before it is stored; the store gives it its `seq`. */
export type NewEvent = Omit<Event, "seq" | "at"> & { readonly at?: number; readonly group_ids?: Audience["group_ids"] };

import { z } from "zod";

/** Something that happened, as it is stored and streamed. `seq` only grows; a gap never closes later. */
export const Event = z
  .object({
    seq: z.number().int().describe("Position in the stream; resume after it"),
    at: z.number().int().describe("When, in milliseconds since 1970 UTC"),
    type: z.string().describe("What happened, as noun.verb: space.state, approval.pending, tools.changed"),
    subject_kind: z.string().describe("The kind of thing it happened to: space, template, approval, ..."),
    subject_id: z.string().describe("The id of that thing"),
    user_id: z.string().nullable().describe("Whom it concerns; null for everyone who is signed in"),
    message: z.string().describe("One line for people"),
    data: z.record(z.string(), z.unknown()).describe("What changed; never a secret"),
  })
  .meta({ id: "Event" });

export type Event = z.output<typeof Event>;

/** An event before it is stored; the store gives it its `seq`. */
export type NewEvent = Omit<Event, "seq" | "at"> & { readonly at?: number };

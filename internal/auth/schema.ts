import { z } from "zod";

export const Session = z
  .object({
    id: z.string().describe("Id of the session, to revoke it; it does not sign anyone in"),
    created_at: z.number().int().describe("When it began"),
    last_seen_at: z.number().int().describe("When it was last used, to the minute"),
    expires_at: z.number().int().describe("When it ends even if it is used"),
    ip: z.string().describe("Address it began from"),
    user_agent: z.string().describe("Program it began with, as it named itself"),
    current: z.boolean().describe("Whether this call is part of it"),
  })
  .meta({ id: "Session" });

export type Session = z.output<typeof Session>;

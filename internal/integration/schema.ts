import { z } from "zod";

export const Integration = z
  .object({
    namespace: z.string().describe("Name of the integration and prefix of its tools"),
    transport: z.enum(["http", "stdio"]).describe("How it is reached: over the network, or as a child process"),
    status: z
      .enum(["connecting", "connected", "degraded", "failed"])
      .describe("degraded: lost for now, its tools stay listed; failed: not reached so far"),
    error: z.string().nullable().describe("Why it does not work, and what to do"),
    warnings: z.array(z.string()).describe("Tools that are left out, and why"),
    since_at: z.number().int().describe("Since when it has this status, in milliseconds since 1970 UTC"),
    retry_at: z
      .number()
      .int()
      .nullable()
      .describe("When knot tries it again, in milliseconds since 1970 UTC; null when it works or is being tried"),
    tools: z.number().int().describe("How many tools it offers"),
    era: z
      .enum(["modern", "legacy"])
      .nullable()
      .describe("Generation of the protocol it speaks: modern is 2026-07-28; null while not connected"),
  })
  .meta({ id: "Integration" });

export type Integration = z.output<typeof Integration>;

/** With what only an operator may see: a program may write anything to its standard error. */
export const IntegrationDetails = Integration.extend({
  output: z.array(z.string()).describe("The last lines its program wrote to its standard error, oldest first"),
}).meta({ id: "IntegrationDetails" });

export type IntegrationDetails = z.output<typeof IntegrationDetails>;

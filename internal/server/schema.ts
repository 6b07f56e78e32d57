import { z } from "zod";

export const RuntimeState = z
  .object({
    name: z.string().describe("docker, podman or process"),
    isolation: z.string().describe("What separates its spaces from the machine"),
    reachable: z.boolean().describe("Whether it answers now"),
    engine: z.string().nullable().describe("What it is, with its version"),
    error: z.string().nullable().describe("Why it does not answer, and what to do"),
  })
  .meta({ id: "RuntimeState" });

export type RuntimeState = z.output<typeof RuntimeState>;

export const Server = z
  .object({
    version: z.string().describe("Version of knot"),
    url: z.string().describe("Address people and clients use"),
    started_at: z.number().int().describe("When the daemon started, in milliseconds since 1970 UTC"),
    store: z.enum(["sqlite", "postgres"]).describe("Where the state lives"),
    ready: z.boolean().describe("Whether everything it needs answers"),
    runtimes: z.array(RuntimeState).describe("Where spaces can run"),
    mcp: z
      .object({
        enabled: z.boolean().describe("Whether the MCP endpoint is served"),
        url: z.string().nullable().describe("Its address"),
      })
      .describe("The door for AI clients"),
  })
  .meta({ id: "Server" });

export type Server = z.output<typeof Server>;

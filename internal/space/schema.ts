import { z } from "zod";

export const spaceStates = ["creating", "stopped", "starting", "running", "stopping", "deleting", "failed"] as const;

export const SpaceName = z
  .string()
  .min(2)
  .max(64)
  .regex(/^[a-z][a-z0-9-]*$/, "must start with a letter and contain only a-z, 0-9 and dash")
  .describe("Name of the space, unique for its owner: 2 to 64 characters, a letter first, then a-z, 0-9 or dash");

export const SpaceRef = z
  .string()
  .min(1)
  .max(128)
  .describe('Name or id of the space; somebody else\'s as "username/name"');

const ParameterValue = z.union([z.string().max(65_536), z.number(), z.boolean()]);

export const ParameterValues = z
  .record(z.string().max(64), ParameterValue)
  .describe("Values of the template's parameters, by name; get_template lists them");

export const WaitSeconds = z.coerce
  .number()
  .int()
  .min(0)
  .max(300)
  .default(60)
  .describe("How long to wait for the end, 0 to 300 seconds; the work goes on afterwards, and get_space shows it");

export const GroupIds = z
  .array(z.string().max(64))
  .max(100)
  .describe("Ids of groups whose members may use the space; empty for the owner alone");

const SpacePort = z.object({
  name: z.string().describe("Name of the port"),
  port: z.number().int().describe("Port number inside the space"),
  protocol: z.enum(["tcp", "http", "https"]).describe("What is spoken on it"),
});

export const Space = z
  .object({
    id: z.string().describe("Id of the space"),
    name: z.string().describe("Name, unique for its owner"),
    description: z.string().describe("What the space is for"),
    owner: z
      .object({ user_id: z.string().describe("Id"), username: z.string().describe("User name") })
      .describe("Whose space it is"),
    template: z
      .object({
        id: z.string().describe("Id of the template"),
        name: z.string().describe("Name of the template"),
        version: z.number().int().describe("Version the space is made from"),
        latest_version: z.number().int().describe("Newest version; update_space moves to it"),
      })
      .describe("What the space is made from"),
    state: z.enum(spaceStates).describe("Where it is in its life"),
    state_reason: z.string().describe("Why it is in this state, in words"),
    desired: z.enum(["running", "stopped", "deleted"]).describe("The state that was asked for"),
    runtime: z.enum(["docker", "process"]).describe("Where it runs"),
    isolation: z.string().describe("What separates it from the machine"),
    limits: z
      .string()
      .describe('Whether memory_bytes, cpus and the number of processes are enforced: "enforced", or what is not'),
    health: z
      .enum(["starting", "healthy", "unhealthy"])
      .nullable()
      .describe("What the template's health check says; null without one or while it does not run"),
    image: z.string().describe("Image it is made from"),
    parameters: z
      .record(z.string(), ParameterValue)
      .describe("Values of the template's parameters; secrets read ********"),
    ports: z.array(SpacePort).describe("Ports the template declares"),
    memory_bytes: z.number().int().describe("Memory limit"),
    cpus: z.number().describe("CPU limit"),
    storage_bytes: z.number().int().describe("Storage its volumes reserve"),
    group_ids: z.array(z.string()).describe("Groups whose members may use it"),
    created_at: z.number().int().describe("When it was created, in milliseconds since 1970 UTC"),
    started_at: z.number().int().nullable().describe("When it last started; null if never"),
    updated_at: z.number().int().describe("When it last changed"),
  })
  .meta({ id: "Space" });

export type Space = z.output<typeof Space>;

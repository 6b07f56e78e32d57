import { z } from "zod";

export const VolumeRef = z.string().min(1).max(200).describe("Id of the volume, as list_volumes shows it");

export const Volume = z
  .object({
    id: z.string().describe("Id of the volume: the engine's name for it"),
    name: z.string().describe("Name in the template"),
    path: z.string().describe("Where it is mounted in the space"),
    space: z
      .object({
        id: z.string().describe("Id of the space"),
        name: z.string().describe("Name of the space"),
        state: z.string().nullable().describe("State of the space; null when it is gone"),
      })
      .describe("The space it was made for"),
    owner: z
      .object({ user_id: z.string().describe("Id"), username: z.string().describe("User name") })
      .describe("Whose volume it is"),
    attached: z
      .boolean()
      .describe("Whether the space uses it; false when the template no longer names it or the space is gone"),
    reserved_bytes: z.number().int().describe("What counts against the storage quota"),
    created_at: z.number().int().describe("When it was created, in milliseconds since 1970 UTC"),
  })
  .meta({ id: "Volume" });

export type Volume = z.output<typeof Volume>;

export const OrphanedVolume = z
  .object({
    id: z.string().describe("The engine's name for it"),
    runtime: z.enum(["docker", "process"]).describe("Where it is"),
    space_id: z.string().describe("Id of the space it was made for"),
  })
  .meta({ id: "OrphanedVolume" });

export type OrphanedVolume = z.output<typeof OrphanedVolume>;

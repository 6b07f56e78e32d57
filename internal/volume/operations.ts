import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { OrphanedVolume, Volume, VolumeRef } from "./schema.ts";
import type { Volumes } from "./volume.ts";

type Needs<Method extends keyof Volumes> = { volumes: Pick<Volumes, Method> };

export const listVolumes = operation({
  name: "list_volumes",
  title: "List volumes",
  description: "List one's volumes: data of spaces that outlives their containers, also of spaces that are gone.",
  effect: "read",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({
    space: z.string().max(128).optional().describe("Only those of this space, by name or id"),
    all: z.boolean().default(false).describe("Everybody's; needs spaces.manage"),
    ...pageInput,
  }),
  output: z.object({
    volumes: z.array(Volume).describe("The volumes, by id"),
    ...pageOutput,
    orphaned: z
      .array(OrphanedVolume)
      .describe(
        "With all and no space, on the first page: volumes of this server in its engines that the database does not know, as after an older one was restored. They are never deleted by knot",
      ),
  }),
  problems: [],
  path: "/volumes",
  tool: { visibility: "discoverable", keywords: ["volumes", "storage", "disks", "persistent", "mounts"] },
  command: { words: ["volume", "list"], args: [] },
  label: () => "List volumes",
  run: (call, input, { volumes }: Needs<"list">) => volumes.list(call, input),
});

export const deleteVolume = operation({
  name: "delete_volume",
  title: "Delete volume",
  description: "Delete a volume and all files in it. Its space must be gone or stopped.",
  effect: "destroy",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({
    volume: VolumeRef,
    confirm: z.boolean().default(false).describe("Must be true; the files cannot be brought back"),
  }),
  output: z.object({ deleted: z.boolean().describe("Whether it is gone") }),
  problems: ["not_found", "conflict", "confirmation_required"],
  path: "/volumes/{volume}",
  tool: { visibility: "discoverable", keywords: ["volume", "remove", "destroy", "storage", "wipe"] },
  command: { words: ["volume", "delete"], args: ["volume"] },
  confirms: true,
  label: ({ volume }) => `Delete volume "${volume}" with all files in it`,
  run: (call, input, { volumes }: Needs<"delete">) => volumes.delete(call, input),
});

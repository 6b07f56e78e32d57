import { z } from "zod";
import { Quota } from "../operation/quota.ts";

export const GroupName = z
  .string()
  .min(2)
  .max(32)
  .regex(/^[a-z][a-z0-9._-]*$/, "must start with a letter and contain only a-z, 0-9, dot, underscore and dash")
  .describe("Name of the group: 2 to 32 characters, a letter first, then a-z, 0-9, dot, underscore or dash");

export const GroupRef = z.string().min(1).max(64).describe("Name or id of the group");

export const Group = z
  .object({
    id: z.string().describe("Id of the group"),
    name: z.string().describe("Name of the group"),
    description: z.string().describe("What the group is for"),
    quota: Quota.describe("Limits for each member who has none of their own; the largest of a user's groups counts"),
    member_count: z.number().int().describe("How many users are in the group"),
    created_at: z.number().int().describe("When the group was created"),
    updated_at: z.number().int().describe("When the group was last changed"),
  })
  .meta({ id: "Group" });

export type Group = z.output<typeof Group>;

export const GroupMember = z
  .object({
    id: z.string().describe("Id of the user"),
    username: z.string().describe("User name"),
    display_name: z.string().describe("Name for people to read"),
  })
  .meta({ id: "GroupMember" });

export type GroupMember = z.output<typeof GroupMember>;

import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { QuotaChange } from "../operation/quota.ts";
import type { Groups } from "./group.ts";
import { Group, GroupMember, GroupName, GroupRef } from "./schema.ts";

const description = z.string().max(500).describe("What the group is for");
const member = z.string().min(1).max(64).describe("Name or id of the user");
const keywords = ["team", "organisation", "sharing", "members"];

export const listGroups = operation({
  name: "list_groups",
  title: "List groups",
  description: "List the groups you are in; with the permission to manage groups or users, all groups.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject(pageInput),
  output: z.object({ groups: z.array(Group).describe("The groups"), ...pageOutput }),
  problems: [],
  path: "/groups",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "list"], args: [] },
  label: () => "List groups",
  run: (call, input, { groups }: { groups: Pick<Groups, "list"> }) => groups.list(call, input),
});

export const getGroup = operation({
  name: "get_group",
  title: "Get group",
  description: "Show one group with its limits and members.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({ group: GroupRef }),
  output: z.object({ group: Group, members: z.array(GroupMember).describe("Who is in the group") }),
  problems: ["not_found"],
  path: "/groups/{group}",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "get"], args: ["group"] },
  label: ({ group }) => `Show group "${group}"`,
  run: (call, { group }, { groups }: { groups: Pick<Groups, "get"> }) => groups.get(call, group),
});

export const createGroup = operation({
  name: "create_group",
  title: "Create group",
  description: "Create a group to share templates and spaces with, or to set limits for several users at once.",
  effect: "write",
  idempotent: false,
  creates: true,
  permission: "groups.manage",
  input: z.strictObject({
    name: GroupName,
    description: description.default(""),
    quota: QuotaChange.optional().describe("Limits for each member who has none of their own"),
  }),
  output: z.object({ group: Group }),
  problems: ["conflict"],
  path: "/groups",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "create"], args: ["name"] },
  label: ({ name }) => `Create group "${name}"`,
  run: async (call, input, { groups }: { groups: Pick<Groups, "create"> }) => ({
    group: await groups.create(call, input),
  }),
});

export const updateGroup = operation({
  name: "update_group",
  title: "Update group",
  description: "Change a group's name, description or limits. What is left out stays as it is.",
  effect: "write",
  idempotent: true,
  permission: "groups.manage",
  input: z.strictObject({
    group: GroupRef,
    name: GroupName.optional(),
    description: description.optional(),
    quota: QuotaChange.optional().describe("The limits to change"),
  }),
  output: z.object({ group: Group }),
  problems: ["not_found", "conflict"],
  path: "/groups/{group}",
  method: "PATCH",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "update"], args: ["group"] },
  label: ({ group }) => `Change group "${group}"`,
  run: async (call, { group, ...change }, { groups }: { groups: Pick<Groups, "update"> }) => ({
    group: await groups.update(call, group, change),
  }),
});

export const deleteGroup = operation({
  name: "delete_group",
  title: "Delete group",
  description: "Delete a group. Its members stay, but lose what was shared with the group.",
  effect: "destroy",
  idempotent: false,
  permission: "groups.manage",
  input: z.strictObject({
    group: GroupRef,
    confirm: z.boolean().default(false).describe("Must be true: members lose what was shared with the group"),
  }),
  output: z.object({}),
  problems: ["not_found", "confirmation_required"],
  path: "/groups/{group}",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "delete"], args: ["group"] },
  confirms: true,
  label: ({ group }) => `Delete group "${group}"`,
  run: async (call, { group, confirm }, { groups }: { groups: Pick<Groups, "delete"> }) => {
    await groups.delete(call, group, confirm);
    return {};
  },
});

export const addGroupMember = operation({
  name: "add_group_member",
  title: "Add group member",
  description: "Put a user into a group. Does nothing when they are in it already.",
  effect: "write",
  idempotent: true,
  permission: "groups.manage",
  input: z.strictObject({ group: GroupRef, user: member }),
  output: z.object({ group: Group }),
  problems: ["not_found"],
  path: "/groups/{group}/members",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "add-member"], args: ["group", "user"] },
  label: ({ group, user }) => `Add "${user}" to group "${group}"`,
  run: async (call, { group, user }, { groups }: { groups: Pick<Groups, "addMember"> }) => ({
    group: await groups.addMember(call, group, user),
  }),
});

export const removeGroupMember = operation({
  name: "remove_group_member",
  title: "Remove group member",
  description: "Take a user out of a group, at once also on connections that are open.",
  effect: "write",
  idempotent: true,
  permission: "groups.manage",
  input: z.strictObject({ group: GroupRef, user: member }),
  output: z.object({ group: Group }),
  problems: ["not_found"],
  path: "/groups/{group}/members/{user}",
  method: "DELETE",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["group", "remove-member"], args: ["group", "user"] },
  label: ({ group, user }) => `Remove "${user}" from group "${group}"`,
  run: async (call, { group, user }, { groups }: { groups: Pick<Groups, "removeMember"> }) => ({
    group: await groups.removeMember(call, group, user),
  }),
});

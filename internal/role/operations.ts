import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import type { Roles } from "./role.ts";
import { PermissionName, Role, RoleName, RoleRef } from "./schema.ts";

const description = z.string().max(500).describe("What the role is for");
const granted = z.array(PermissionName).max(100).describe("What the role allows; list_permissions shows the choices");

export const listRoles = operation({
  name: "list_roles",
  title: "List roles",
  description: "List the roles that users can hold, with the permissions of each. Built-in roles come first.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject(pageInput),
  output: z.object({ roles: z.array(Role).describe("The roles"), ...pageOutput }),
  problems: [],
  path: "/roles",
  tool: { visibility: "discoverable", keywords: ["permissions", "access", "rbac"] },
  command: { words: ["role", "list"], args: [] },
  label: () => "List roles",
  run: (_call, input, { roles }: { roles: Pick<Roles, "list"> }) => roles.list(input),
});

export const getRole = operation({
  name: "get_role",
  title: "Get role",
  description: "Show one role and what it allows.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({ role: RoleRef }),
  output: z.object({ role: Role }),
  problems: ["not_found"],
  path: "/roles/{role}",
  tool: { visibility: "discoverable", keywords: ["permissions", "access", "rbac"] },
  command: { words: ["role", "get"], args: ["role"] },
  label: ({ role }) => `Show role "${role}"`,
  run: async (_call, { role }, { roles }: { roles: Pick<Roles, "get"> }) => ({ role: await roles.get(role) }),
});

export const createRole = operation({
  name: "create_role",
  title: "Create role",
  description: "Create a role from permissions you hold yourself.",
  effect: "write",
  idempotent: false,
  creates: true,
  permission: "roles.manage",
  input: z.strictObject({ name: RoleName, description: description.default(""), permissions: granted }),
  output: z.object({ role: Role }),
  problems: ["forbidden", "conflict"],
  path: "/roles",
  tool: { visibility: "discoverable", keywords: ["permissions", "access", "rbac", "new"] },
  command: { words: ["role", "create"], args: ["name"] },
  label: ({ name, permissions }) => `Create role "${name}" that allows ${permissions.join(", ") || "nothing"}`,
  run: async (call, input, { roles }: { roles: Pick<Roles, "create"> }) => ({ role: await roles.create(call, input) }),
});

export const updateRole = operation({
  name: "update_role",
  title: "Update role",
  description: "Change a role. It counts at once for everybody who holds it. Built-in roles cannot be changed.",
  effect: "write",
  idempotent: true,
  permission: "roles.manage",
  input: z.strictObject({
    role: RoleRef,
    name: RoleName.optional(),
    description: description.optional(),
    permissions: granted.optional(),
  }),
  output: z.object({ role: Role }),
  problems: ["not_found", "forbidden", "conflict"],
  path: "/roles/{role}",
  method: "PATCH",
  tool: { visibility: "discoverable", keywords: ["permissions", "access", "rbac", "change", "rename"] },
  command: { words: ["role", "update"], args: ["role"] },
  label: ({ role, permissions }) =>
    permissions === undefined
      ? `Change role "${role}"`
      : `Let role "${role}" allow ${permissions.join(", ") || "nothing"}`,
  run: async (call, { role, ...change }, { roles }: { roles: Pick<Roles, "update"> }) => ({
    role: await roles.update(call, role, change),
  }),
});

export const deleteRole = operation({
  name: "delete_role",
  title: "Delete role",
  description: "Delete a role and take it from everybody who holds it. Built-in roles cannot be deleted.",
  effect: "destroy",
  idempotent: false,
  permission: "roles.manage",
  input: z.strictObject({
    role: RoleRef,
    confirm: z.boolean().default(false).describe("Must be true: the role is taken from everybody who holds it"),
  }),
  output: z.object({}),
  problems: ["not_found", "forbidden", "conflict", "confirmation_required"],
  path: "/roles/{role}",
  tool: { visibility: "discoverable", keywords: ["permissions", "access", "rbac", "remove"] },
  command: { words: ["role", "delete"], args: ["role"] },
  confirms: true,
  label: ({ role }) => `Delete role "${role}"`,
  run: async (call, { role, confirm }, { roles }: { roles: Pick<Roles, "delete"> }) => {
    await roles.delete(call, role, confirm);
    return {};
  },
});

export const listPermissions = operation({
  name: "list_permissions",
  title: "List permissions",
  description: "List everything a role can allow, with what each permission means.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({}),
  output: z.object({
    permissions: z
      .array(z.object({ name: PermissionName.describe("Name"), description: z.string().describe("What it allows") }))
      .describe("The permissions"),
    ...pageOutput,
  }),
  problems: [],
  path: "/permissions",
  tool: { visibility: "discoverable", keywords: ["rights", "access", "rbac"] },
  command: { words: ["permission", "list"], args: [] },
  label: () => "List permissions",
  run: async (_call, _input, { roles }: { roles: Pick<Roles, "listPermissions"> }) => roles.listPermissions(),
});

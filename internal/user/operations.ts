import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { QuotaChange } from "../operation/quota.ts";
import { Email, Password, User, Username, UserRef, Whoami } from "./schema.ts";
import type { Users } from "./user.ts";

const keywords = ["people", "account", "member", "access"];
const displayName = z.string().trim().min(1).max(100).describe("Name for people to read");
const roleIds = z.array(z.string().min(1).max(64)).max(50);

export const whoami = operation({
  name: "whoami",
  title: "Who am I",
  description:
    "Show who is calling: user, roles, groups, permissions, the credential in use, and the limits that count.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject({}),
  output: Whoami,
  problems: [],
  path: "/whoami",
  tool: { visibility: "native", keywords: ["me", "identity", "permissions", "quota"] },
  command: { words: ["whoami"], args: [] },
  label: () => "Show who is calling",
  run: (call, _input, { users }: { users: Pick<Users, "whoami"> }) => users.whoami(call),
});

export const listUsers = operation({
  name: "list_users",
  title: "List users",
  description: "List users, sorted by user name.",
  effect: "read",
  idempotent: true,
  permission: "users.manage",
  input: z.strictObject({
    query: z.string().max(100).optional().describe("Only users whose user name, name or e-mail address contains this"),
    ...pageInput,
  }),
  output: z.object({ users: z.array(User).describe("The users"), ...pageOutput }),
  problems: [],
  path: "/users",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["user", "list"], args: [] },
  label: () => "List users",
  run: (call, input, { users }: { users: Pick<Users, "list"> }) => users.list(call, input),
});

export const getUser = operation({
  name: "get_user",
  title: "Get user",
  description: "Show one user.",
  effect: "read",
  idempotent: true,
  permission: "users.manage",
  input: z.strictObject({ user: UserRef }),
  output: z.object({ user: User }),
  problems: ["not_found"],
  path: "/users/{user}",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["user", "get"], args: ["user"] },
  label: ({ user }) => `Show user "${user}"`,
  run: async (call, { user }, { users }: { users: Pick<Users, "get"> }) => ({ user: await users.get(call, user) }),
});

export const createUser = operation({
  name: "create_user",
  title: "Create user",
  description:
    "Create a user. You can only give roles that allow no more than you may yourself. Without a password the user cannot sign in until set_password gives them one.",
  effect: "write",
  idempotent: false,
  creates: true,
  permission: "users.manage",
  input: z.strictObject({
    username: Username,
    email: Email.nullable().optional(),
    display_name: displayName.optional(),
    role_ids: roleIds.default(["member"]).describe("Ids or names of the roles the user gets"),
    active: z.boolean().default(true).describe("Whether the user may sign in"),
    quota: QuotaChange.optional().describe("The user's own limits; a group's limit counts where the user has none"),
    password: Password.optional().describe("12 to 128 characters, not easily guessed"),
  }),
  output: z.object({ user: User }),
  problems: ["not_found", "forbidden", "conflict"],
  path: "/users",
  tool: null,
  command: { words: ["user", "create"], args: ["username"] },
  label: ({ username, role_ids }) => `Create user "${username}" with ${rolesText(role_ids)}`,
  run: async (call, input, { users }: { users: Pick<Users, "create"> }) => ({ user: await users.create(call, input) }),
});

export const updateUser = operation({
  name: "update_user",
  title: "Update user",
  description:
    "Change a user's name, address, roles, limits, or whether they are active. What is left out stays as it is. Making a user inactive ends their sessions and stops their tokens at once; tokens work again when the user is active again.",
  effect: "write",
  idempotent: true,
  permission: "users.manage",
  input: z.strictObject({
    user: UserRef,
    email: Email.nullable().optional(),
    display_name: displayName.optional(),
    role_ids: roleIds.optional().describe("Ids or names of all roles the user shall hold"),
    active: z.boolean().optional().describe("Whether the user may sign in"),
    quota: QuotaChange.optional().describe("The limits to change"),
  }),
  output: z.object({ user: User }),
  problems: ["not_found", "forbidden", "conflict"],
  path: "/users/{user}",
  method: "PATCH",
  tool: { visibility: "discoverable", keywords: [...keywords, "disable", "enable", "promote"] },
  command: { words: ["user", "update"], args: ["user"] },
  label: ({ user, role_ids, active }) =>
    [
      `Change user "${user}"`,
      ...(role_ids === undefined ? [] : [`to ${rolesText(role_ids)}`]),
      ...(active === undefined ? [] : [active ? "and enable them" : "and disable them"]),
    ].join(" "),
  run: async (call, { user, ...change }, { users }: { users: Pick<Users, "update"> }) => ({
    user: await users.update(call, user, change),
  }),
});

export const deleteUser = operation({
  name: "delete_user",
  title: "Delete user",
  description: "Delete a user with their tokens and sessions. Refused while the user owns spaces.",
  effect: "destroy",
  idempotent: false,
  permission: "users.manage",
  input: z.strictObject({
    user: UserRef,
    confirm: z.boolean().default(false).describe("Must be true: tokens, sessions and memberships go with the user"),
  }),
  output: z.object({}),
  problems: ["not_found", "forbidden", "conflict", "confirmation_required"],
  path: "/users/{user}",
  tool: { visibility: "discoverable", keywords: [...keywords, "remove"] },
  command: { words: ["user", "delete"], args: ["user"] },
  confirms: true,
  label: ({ user }) => `Delete user "${user}"`,
  run: async (call, { user, confirm }, { users }: { users: Pick<Users, "delete"> }) => {
    await users.delete(call, user, confirm);
    return {};
  },
});

export const setPassword = operation({
  name: "set_password",
  title: "Set password",
  description: "Give another user a new password and end all their sessions. Tokens keep working.",
  effect: "write",
  idempotent: true,
  permission: "users.manage",
  input: z.strictObject({
    user: UserRef,
    password: Password.describe("The new password: 12 to 128 characters, not easily guessed"),
  }),
  output: z.object({}),
  problems: ["not_found", "forbidden"],
  path: "/users/{user}/password",
  method: "PUT",
  tool: null,
  command: null,
  label: ({ user }) => `Set the password of user "${user}"`,
  run: async (call, { user, password }, { users }: { users: Pick<Users, "setPassword"> }) => {
    await users.setPassword(call, user, password);
    return {};
  },
});

export const changePassword = operation({
  name: "change_password",
  title: "Change password",
  description: "Change your own password. Ends your other sessions; tokens keep working.",
  effect: "write",
  idempotent: false,
  permission: null,
  input: z.strictObject({
    current_password: Password.describe("The password you have"),
    new_password: Password.describe("The new password: 12 to 128 characters, not easily guessed"),
  }),
  output: z.object({}),
  problems: ["conflict", "rate_limited"],
  path: "/whoami/password",
  method: "PUT",
  tool: null,
  command: null,
  label: () => "Change one's own password",
  run: async (call, input, { users }: { users: Pick<Users, "changePassword"> }) => {
    await users.changePassword(call, input.current_password, input.new_password);
    return {};
  },
});

const rolesText = (roles: readonly string[]) => (roles.length === 0 ? "no roles" : `roles ${roles.join(", ")}`);

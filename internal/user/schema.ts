import { z } from "zod";
import { permissionNames } from "../operation/permission.ts";
import { scopes } from "../operation/principal.ts";
import { Quota } from "../operation/quota.ts";

export const Username = z
  .string()
  .min(2)
  .max(32)
  .regex(/^[a-z][a-z0-9._-]*$/, "must start with a letter and contain only a-z, 0-9, dot, underscore and dash")
  .describe("User name: 2 to 32 characters, a letter first, then a-z, 0-9, dot, underscore or dash");

export const Email = z.email().max(254).toLowerCase().describe("E-mail address; may be used to sign in");

/** A rule about length and guessability is the service's; here is only what keeps the input small. */
export const Password = z.string().max(512);

export const UserRef = z.string().min(1).max(64).describe("Name or id of the user");

export const User = z
  .object({
    id: z.string().describe("Id of the user"),
    username: z.string().describe("Name the user signs in with; never changes"),
    email: z.string().nullable().describe("E-mail address, if there is one"),
    display_name: z.string().describe("Name for people to read"),
    role_ids: z.array(z.string()).describe("Ids of the roles the user holds"),
    group_ids: z.array(z.string()).describe("Ids of the groups the user is in"),
    active: z.boolean().describe("Whether the user may sign in; tokens of an inactive user do not work"),
    has_password: z.boolean().describe("Whether the user can sign in with a password"),
    quota: Quota.describe("The user's own limits; a group's limit counts where the user has none"),
    created_at: z.number().int().describe("When the user was created"),
    updated_at: z.number().int().describe("When the user was last changed"),
    last_login_at: z.number().int().nullable().describe("When the user last signed in; null if never"),
  })
  .meta({ id: "User" });

export type User = z.output<typeof User>;

const Named = z.object({ id: z.string().describe("Id"), name: z.string().describe("Name") });

/** The whole answer of whoami: without an id of its own, because an MCP output schema has to be an object at its root. */
export const Whoami = z.object({
  user: User.describe("Who is calling"),
  roles: z.array(Named).describe("The roles the caller holds"),
  groups: z.array(Named).describe("The groups the caller is in"),
  permissions: z.array(z.enum(permissionNames)).describe("What the roles allow, together"),
  credential: z
    .object({
      kind: z.enum(["session", "token", "local", "system"]).describe("How the caller proved who they are"),
      name: z.string().describe("The token's name, or what the session is called"),
      scopes: z.array(z.enum(scopes)).describe("What the credential is good for"),
    })
    .describe("What the call was made with"),
  quota: Quota.describe("The limits that count for the caller: their own, else the largest of their groups"),
});

export type Whoami = z.output<typeof Whoami>;

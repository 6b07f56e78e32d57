import { z } from "zod";
import { permissionNames } from "../operation/permission.ts";

export const RoleName = z
  .string()
  .min(2)
  .max(32)
  .regex(/^[a-z][a-z0-9._-]*$/, "must start with a letter and contain only a-z, 0-9, dot, underscore and dash")
  .describe("Name of the role: 2 to 32 characters, a letter first, then a-z, 0-9, dot, underscore or dash");

export const RoleRef = z.string().min(1).max(64).describe("Name or id of the role");

export const PermissionName = z.enum(permissionNames);

export const Role = z
  .object({
    id: z.string().describe("Id of the role; for a built-in role the same as its name"),
    name: z.string().describe("Name of the role"),
    description: z.string().describe("What the role is for"),
    permissions: z.array(PermissionName).describe("What the role allows"),
    built_in: z.boolean().describe("Whether the role comes with knot and cannot be changed"),
    created_at: z.number().int().describe("When the role was created; 0 for a built-in role"),
    updated_at: z.number().int().describe("When the role was last changed; 0 for a built-in role"),
  })
  .meta({ id: "Role" });

export type Role = z.output<typeof Role>;

import { type Permission, permissionNames } from "../operation/permission.ts";
import type { Role } from "./schema.ts";

const role = (name: string, description: string, permissions: readonly Permission[]): Role => ({
  id: name,
  name,
  description,
  permissions: [...permissions],
  built_in: true,
  created_at: 0,
  updated_at: 0,
});

const member: readonly Permission[] = [
  "spaces.use",
  "spaces.run",
  "spaces.files",
  "templates.use",
  "tokens.use",
  "approvals.decide",
  "mcp.use",
  "integrations.use",
];

/** The roles every installation has. The id of each is its name; none can be changed or deleted. */
export const builtInRoles: readonly Role[] = [
  role("admin", "Everything, on everything of everybody", permissionNames),
  role("template_author", "What a member may, and writing the templates that spaces are made from", [
    ...member,
    "templates.manage",
  ]),
  role("member", "Work in spaces of one's own, by hand and with AI clients", member),
  role("viewer", "See which templates there are, without spaces of one's own", ["templates.use"]),
];

const byId = new Map(builtInRoles.map((builtIn) => [builtIn.id, builtIn]));

export const builtInRole = (id: string): Role | undefined => byId.get(id);

/** Every permission a role can hold, with the sentence people and models read. */
export const permissions = {
  "spaces.use": "See, create, start, stop and delete spaces of one's own or shared with one's groups",
  "spaces.run": "Run commands in the spaces one may use",
  "spaces.files": "Read and write files in the spaces one may use",
  "spaces.manage": "Act on everybody's spaces",
  "templates.use": "See the templates shared with one and create spaces from them",
  "templates.manage": "Create, change and delete templates",
  "tokens.use": "Create and revoke one's own API tokens",
  "approvals.decide": "Decide approvals of one's own calls",
  "approvals.manage": "Decide everybody's approvals and set approval policies",
  "mcp.use": "Connect AI clients to the MCP endpoint",
  "integrations.use": "Call tools of connected MCP servers",
  "audit.view": "Read the audit log",
  "users.manage": "Create, change and disable users and set their quotas",
  "groups.manage": "Create, change and delete groups",
  "roles.manage": "Create, change and delete roles",
  "server.manage": "See the state of the server, its runtimes and connections",
} as const satisfies Record<string, string>;

export type Permission = keyof typeof permissions;

export const permissionNames = Object.keys(permissions) as [Permission, ...Permission[]];

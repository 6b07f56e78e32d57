import type { Permission } from "./permission.ts";

/**
 * What a credential is good for. `api` opens REST and the CLI, `mcp` opens the MCP endpoint,
 * `read` limits to reading; alone it reads through both doors.
 */
export const scopes = ["api", "mcp", "read"] as const;
export type Scope = (typeof scopes)[number];

/** How the caller proved who they are. `local` is the machine's own administrator, `system` the daemon itself. */
export type Credential = {
  readonly kind: "session" | "token" | "local" | "system";
  readonly id: string;
  /** The token's name, or what a person calls the session. */
  readonly name: string;
  /** Of a token: the ids of the tokens by which it came to be, the one a person made first, its own last. */
  readonly lineage?: readonly string[];
};

/** The credential a person made, from which this one comes; its own id when no token made it. */
export const rootOf = ({ id, lineage }: Credential): string => lineage?.[0] ?? id;

/** Who calls, with which credential, and what that allows. Resolved anew for every request, never stored. */
export type Principal = {
  readonly user_id: string;
  readonly username: string;
  readonly group_ids: readonly string[];
  /** Roles held directly or through a group; approval policies for a role apply by these. */
  readonly role_ids?: readonly string[];
  readonly permissions: ReadonlySet<Permission>;
  readonly scopes: ReadonlySet<Scope>;
  readonly credential: Credential;
};

export const may = (principal: Principal, permission: Permission): boolean => principal.permissions.has(permission);

/** Which of these permissions the principal does not hold. Whoever hands out access checks that this is empty. */
export const lacking = (principal: Principal, wanted: Iterable<Permission>): readonly Permission[] =>
  [...wanted].filter((permission) => !principal.permissions.has(permission));

import type { Call } from "../operation/call.ts";
import { createCall } from "../operation/call.ts";
import { permissionNames } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";

/** A signed-in user who may do everything, unless told otherwise. */
export function principal(overrides: Partial<Principal> = {}): Principal {
  return {
    user_id: "user-1",
    username: "ada",
    group_ids: [],
    permissions: new Set(permissionNames),
    scopes: new Set(["api", "mcp"]),
    credential: { kind: "session", id: "session-1", name: "browser" },
    ...overrides,
  };
}

/** A call over REST by `principal()`, unless told otherwise. */
export const callOf = (overrides: Partial<Call> = {}): Call =>
  createCall({ principal: principal(), door: "rest", ...overrides });

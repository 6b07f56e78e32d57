import type { Permission } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";
import type { Viewer } from "./event-store.ts";
import type { Event } from "./schema.ts";

const managed: readonly (readonly [Permission, readonly string[]])[] = [
  ["spaces.manage", ["space."]],
  ["approvals.manage", ["approval."]],
  ["users.manage", ["user.", "group.", "role."]],
];

/** What this principal may see beyond what concerns everyone. */
export const viewerOf = ({ user_id, permissions }: Principal): Viewer => ({
  user_id,
  prefixes: managed.flatMap(([permission, prefixes]) => (permissions.has(permission) ? prefixes : [])),
});

/** The rule of `EventStore` for an event in memory. */
export const sees = ({ user_id, prefixes }: Viewer, event: Pick<Event, "user_id" | "type">): boolean =>
  event.user_id === null || event.user_id === user_id || prefixes.some((prefix) => event.type.startsWith(prefix));

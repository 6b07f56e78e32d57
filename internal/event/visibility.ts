import type { Permission } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";
import type { Viewer } from "./event-store.ts";
import type { Audience, Event } from "./schema.ts";

const managed: readonly (readonly [Permission, readonly string[]])[] = [
  ["spaces.manage", ["space."]],
  ["templates.manage", ["template."]],
  ["approvals.manage", ["approval."]],
  ["users.manage", ["user.", "group.", "role."]],
];

/** What this principal may see beyond what concerns everyone. */
export const viewerOf = ({ user_id, group_ids, permissions }: Principal): Viewer => ({
  user_id,
  group_ids,
  prefixes: managed.flatMap(([permission, prefixes]) => (permissions.has(permission) ? prefixes : [])),
});

/** The rule of `EventStore` for an event in memory. */
export const sees = (viewer: Viewer, event: Audience & Pick<Event, "type">): boolean =>
  (event.user_id === null && event.group_ids === null) ||
  event.user_id === viewer.user_id ||
  (event.group_ids?.some((id) => viewer.group_ids.includes(id)) ?? false) ||
  viewer.prefixes.some((prefix) => event.type.startsWith(prefix));

import type { Space } from "../../../internal/space/schema.ts";

type Named = Pick<Space, "id" | "name" | "owner">;
type Me = { readonly id: string };

/** How a space is named in an address: one's own by name, somebody else's by id. */
export const refOf = (space: Named, me: Me): string => (space.owner.user_id === me.id ? space.name : space.id);

/** How a space is named in a call, so that the audit log and the timeline can be read. */
export const nameOf = (space: Named, me: Me): string =>
  space.owner.user_id === me.id ? space.name : `${space.owner.username}/${space.name}`;

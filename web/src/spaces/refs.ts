import type { Space } from "../../../internal/space/schema.ts";

/** How a space is named in an address: one's own by name, somebody else's by id. */
export const refOf = (space: Pick<Space, "id" | "name" | "owner">, me: { readonly id: string }): string =>
  space.owner.user_id === me.id ? space.name : space.id;

import { useSuspenseQuery } from "@tanstack/react-query";
import type { Permission } from "../../../internal/operation/permission.ts";
import { operationQuery } from "../api/query.ts";

/** Who is signed in; the routes below the shell have read it already. */
export const whoamiQuery = { ...operationQuery("whoami", {}), staleTime: 60_000 };

export function useSession() {
  const { data } = useSuspenseQuery(whoamiQuery);
  return { ...data, may: (permission: Permission) => data.permissions.includes(permission) };
}

import type { Token } from "../../../internal/token/schema.ts";
import type { OutputOf } from "../api/operations.ts";
import { queryClient } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { Confirm } from "../ui/confirm.tsx";

/** Asks, then takes the token from the list at once; it comes back when the server refuses. */
export function RevokeToken({ token, onClose }: { token: Token | null; onClose: () => void }) {
  const revoke = useAction("revoke_token", {
    outdates: ["list_tokens"],
    optimistic: ({ token: name }) => {
      const before = queryClient.getQueriesData<OutputOf<"list_tokens">>({ queryKey: ["list_tokens"] });
      queryClient.setQueriesData<OutputOf<"list_tokens">>({ queryKey: ["list_tokens"] }, (list) =>
        list === undefined ? list : { ...list, tokens: list.tokens.filter((other) => other.name !== name) },
      );
      return () => {
        for (const [key, list] of before) queryClient.setQueryData(key, list);
      };
    },
    says: () => "The token is revoked.",
  });
  if (token === null) return null;
  return (
    <Confirm
      open
      title={`Revoke “${token.name}”?`}
      action="Revoke token"
      onCancel={onClose}
      onConfirm={() => {
        revoke.mutate({ token: token.name });
        onClose();
      }}
    >
      Whatever uses it is cut off at once, also on open connections. This cannot be undone.
    </Confirm>
  );
}

import type { Token } from "../../../internal/token/schema.ts";
import { useAction } from "../api/use-action.ts";
import { Confirm } from "../ui/confirm.tsx";
import type { Issued } from "./issued-token.tsx";

type Props = {
  readonly token: Token | null;
  readonly onClose: () => void;
  readonly onRotated: (issued: Issued) => void;
};

/** Asks, then shows the new secret in the place where a new token's is shown. */
export function RotateToken({ token, onClose, onRotated }: Props) {
  const rotate = useAction("rotate_token", {
    outdates: ["list_tokens"],
    done: (issued) => {
      onClose();
      onRotated(issued);
    },
  });
  if (token === null) return null;
  return (
    <Confirm
      open
      title={`New secret for “${token.name}”?`}
      action="Replace secret"
      busy={rotate.isPending}
      onCancel={onClose}
      onConfirm={() => rotate.mutate({ token: token.id }, { onError: onClose })}
    >
      The old secret stops working at once, also on open connections. Name, scopes and expiry stay.
    </Confirm>
  );
}

import { useState } from "react";
import { Confirm } from "../ui/confirm.tsx";
import type { Loss } from "./use-space-actions.ts";

type Props = {
  readonly name: string;
  readonly loss: Loss;
  readonly busy: boolean;
  readonly onConfirm: (keepVolumes: boolean) => void;
  readonly onCancel: () => void;
};

/** Says exactly what deleting destroys, and offers to keep the files. */
export function DeleteSpace({ name, loss, busy, onConfirm, onCancel }: Props) {
  const [keeps, setKeeps] = useState(false);
  return (
    <Confirm
      open
      title={`Delete “${name}”?`}
      action={keeps ? "Delete, keep volumes" : "Delete space"}
      busy={busy}
      onConfirm={() => onConfirm(keeps)}
      onCancel={onCancel}
    >
      {loss.text}
      {loss.volumes.length > 0 && (
        <label className="mt-4 flex items-start gap-3 rounded-lg border border-line px-3 py-2 text-ink has-checked:border-accent has-checked:bg-accent-soft">
          <input
            type="checkbox"
            className="mt-1 size-4 shrink-0 accent-[var(--accent)]"
            checked={keeps}
            onChange={(event) => setKeeps(event.target.checked)}
          />
          <span>
            Keep the volumes
            <span className="block text-sm text-dim">{loss.volumes.join(", ")} with the files in them</span>
          </span>
        </label>
      )}
    </Confirm>
  );
}

import { useEffect, useState } from "react";
import type { Volume } from "../../../internal/volume/schema.ts";
import { problemIn } from "../api/problem-error.ts";
import { useAction } from "../api/use-action.ts";
import { Confirm } from "../ui/confirm.tsx";

/** Asks the server what would be lost, and deletes when the person is sure. */
export function DeleteVolume({ volume, onClose }: { volume: Volume; onClose: () => void }) {
  const [loss, setLoss] = useState<string | null>(null);
  const remove = useAction("delete_volume", {
    outdates: ["list_volumes"],
    handles: ["confirmation_required"],
    says: () => "The volume is deleted.",
  });
  const { mutate } = remove;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each volume
  useEffect(() => {
    mutate(
      { volume: volume.id },
      {
        onError: (error) => {
          const { code, detail } = problemIn(error);
          if (code !== "confirmation_required") return onClose();
          setLoss(detail.replace(/ Repeat with confirm set to true\.$/, ""));
        },
      },
    );
  }, [volume.id]);
  if (loss === null) return null;
  return (
    <Confirm
      open
      title={`Delete volume “${volume.name}”?`}
      action="Delete volume"
      busy={remove.isPending}
      onConfirm={() => mutate({ volume: volume.id, confirm: true }, { onSettled: onClose })}
      onCancel={onClose}
    >
      {loss}
    </Confirm>
  );
}

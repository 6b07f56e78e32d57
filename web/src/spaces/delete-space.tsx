import { useState } from "react";
import { Confirm } from "../ui/confirm.tsx";
import { ProblemNotice } from "../ui/notice.tsx";
import { Tick } from "../ui/tick.tsx";
import type { Deletion } from "./use-deletion.ts";

/** Says exactly what deleting destroys, offers to keep the files, and offers force where nothing else may help. */
export function DeleteSpace({ name, deletion }: { name: string; deletion: Deletion }) {
  const { loss, problem, offersForce, needsForce } = deletion;
  const [keeps, setKeeps] = useState(false);
  const [wantsForce, setWantsForce] = useState(false);
  if (loss === null) return null;
  const forces = needsForce || (offersForce && wantsForce);
  const action = forces ? "Delete by force" : "Delete space";
  return (
    <Confirm
      open
      title={`Delete “${name}”?`}
      action={keeps ? `${action}, keep volumes` : action}
      busy={deletion.busy}
      onConfirm={() => deletion.confirm({ keep_volumes: keeps, force: forces })}
      onCancel={deletion.cancel}
    >
      {loss.text}
      {loss.volumes.length > 0 && (
        <Tick
          className="mt-4"
          checked={keeps}
          onChange={setKeeps}
          title="Keep the volumes"
          about={`${loss.volumes.join(", ")} with the files in them`}
        />
      )}
      {problem !== null && (
        <div className="mt-4 text-ink">
          <ProblemNotice error={problem} brief />
        </div>
      )}
      {offersForce && (
        <Tick
          className="mt-2"
          checked={forces}
          disabled={needsForce}
          onChange={setWantsForce}
          title="By force"
          about={
            needsForce
              ? "knot is working on this space, so only force deletes it now. It is gone at once; what the engine still holds is removed as soon as it answers."
              : "Also when the engine does not answer: it is gone at once, and what the engine still holds is removed later."
          }
        />
      )}
    </Confirm>
  );
}

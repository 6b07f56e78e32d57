import { useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import { problemIn } from "../api/problem-error.ts";
import { useAction } from "../api/use-action.ts";

/** What deleting would destroy, in the server's words. */
type Loss = { readonly text: string; readonly volumes: readonly string[] };

function lossIn(error: unknown): Loss | null {
  const { code, detail, volumes } = problemIn(error);
  if (code !== "confirmation_required") return null;
  // the last sentence tells programs how to confirm; a person has a button for it
  const text = detail.replace(/ Repeat with confirm set to true\.$/, "");
  return { text, volumes: Array.isArray(volumes) ? volumes.map(String) : [] };
}

const shownInDialog = ["conflict", "runtime_unavailable", "runtime_failed", "timed_out"] as const;
const settled = new Set<Space["state"]>(["running", "stopped", "failed"]);

export type Deletion = ReturnType<typeof useDeletion>;

/** Deleting in two steps: the first call asks what would be lost, the second one is sure. */
export function useDeletion(space: Space, ref: string, onDeleted?: () => void) {
  const [loss, setLoss] = useState<Loss | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const remove = useAction("delete_space", {
    outdates: ["list_spaces", "list_volumes"],
    handles: ["confirmation_required", ...(loss === null ? [] : shownInDialog)],
    says: ({ deleted }) => (deleted ? `“${space.name}” is deleted.` : `“${space.name}” is being deleted.`),
  });
  const call = { space: ref, wait_seconds: 0 };
  const close = () => {
    setLoss(null);
    setProblem(null);
  };
  const done = () => {
    close();
    onDeleted?.();
  };
  const ask = () => remove.mutate(call, { onError: (error) => setLoss(lossIn(error)), onSuccess: done });
  const confirm = (how: { keep_volumes: boolean; force: boolean }) =>
    remove.mutate(
      { ...call, ...how, confirm: true },
      {
        onSuccess: done,
        onError: (error) =>
          shownInDialog.some((code) => code === problemIn(error).code) ? setProblem(error) : close(),
      },
    );
  const needsForce = !settled.has(space.state);
  return {
    ask,
    confirm,
    cancel: close,
    loss,
    /** Why the last try was refused. */
    problem,
    needsForce,
    offersForce: needsForce || space.state === "failed" || problem !== null,
    busy: remove.isPending,
  };
}

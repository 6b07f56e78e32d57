import { useState } from "react";
import type { Space } from "../../../internal/space/schema.ts";
import type { OperationName, OutputOf } from "../api/operations.ts";
import { problemIn } from "../api/problem-error.ts";
import { queryClient } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { nameOf } from "./refs.ts";

const outdates: readonly OperationName[] = ["list_spaces", "get_space", "list_space_events", "list_volumes"];

/** Shows a state before the server has said so. Returns how to take it back. */
function expectState(id: string, state: Space["state"]): () => void {
  const before = [
    ...queryClient.getQueriesData({ queryKey: ["list_spaces"] }),
    ...queryClient.getQueriesData({ queryKey: ["get_space"] }),
  ];
  const change = (space: Space): Space => (space.id === id ? { ...space, state } : space);
  queryClient.setQueriesData<OutputOf<"list_spaces">>(
    { queryKey: ["list_spaces"] },
    (list) => list && { ...list, spaces: list.spaces.map(change) },
  );
  queryClient.setQueriesData<OutputOf<"get_space">>(
    { queryKey: ["get_space"] },
    (answer) => answer && { ...answer, space: change(answer.space) },
  );
  return () => {
    for (const [key, value] of before) queryClient.setQueryData(key, value);
  };
}

/** What deleting would destroy, in the server's words. */
export type Loss = { readonly text: string; readonly volumes: readonly string[] };

function lossIn(error: unknown): Loss | null {
  const { code, detail, volumes } = problemIn(error);
  if (code !== "confirmation_required") return null;
  // the last sentence tells programs how to confirm; a person has a button for it
  const text = detail.replace(/ Repeat with confirm set to true\.$/, "");
  return { text, volumes: Array.isArray(volumes) ? volumes.map(String) : [] };
}

/** What can be done to a space. Calls return at once; events tell how it goes on. */
export function useSpaceActions(space: Space, onDeleted?: () => void) {
  const [loss, setLoss] = useState<Loss | null>(null);
  const { user } = useSession();
  const call = { space: nameOf(space, user), wait_seconds: 0 };
  const start = useAction("start_space", { outdates, optimistic: () => expectState(space.id, "starting") });
  const stop = useAction("stop_space", { outdates, optimistic: () => expectState(space.id, "stopping") });
  const restart = useAction("restart_space", { outdates, optimistic: () => expectState(space.id, "stopping") });
  const remove = useAction("delete_space", {
    outdates: ["list_spaces", "list_volumes"],
    handles: ["confirmation_required"],
    says: () => `“${space.name}” is being deleted.`,
  });
  // the server says what would be lost: the first call asks, the second one is sure
  const askDelete = () =>
    remove.mutate(call, {
      onError: (error) => setLoss(lossIn(error)),
      onSuccess: () => onDeleted?.(),
    });
  const confirmDelete = (keep_volumes: boolean) =>
    remove.mutate(
      { ...call, confirm: true, keep_volumes },
      {
        onSuccess: () => onDeleted?.(),
        onSettled: () => setLoss(null),
      },
    );
  const { state } = space;
  return {
    start: () => start.mutate(call),
    stop: () => stop.mutate(call),
    restart: () => restart.mutate(call),
    askDelete,
    confirmDelete,
    cancelDelete: () => setLoss(null),
    /** Exactly what deleting would destroy, once it was asked. */
    loss,
    deleting: remove.isPending,
    can: {
      start: state === "stopped" || state === "failed",
      stop: state === "running" || state === "starting",
      restart: state === "running",
      delete: state === "running" || state === "stopped" || state === "failed",
    },
  };
}

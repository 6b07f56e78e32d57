import type { Space } from "../../../internal/space/schema.ts";
import type { OperationName, OutputOf } from "../api/operations.ts";
import { queryClient } from "../api/query.ts";
import { useAction } from "../api/use-action.ts";
import { useSession } from "../shell/session.ts";
import { nameOf } from "./refs.ts";
import { useDeletion } from "./use-deletion.ts";

const outdates: readonly OperationName[] = ["list_spaces", "get_space", "list_space_events", "list_volumes"];

/** Shows a state before the server has said so. Returns how to take it back. */
function expectState(id: string, state: Space["state"]): () => void {
  // an answer on its way is older than the click
  void queryClient.cancelQueries({ queryKey: ["list_spaces"] });
  void queryClient.cancelQueries({ queryKey: ["get_space"] });
  const before = [
    ...queryClient.getQueriesData({ queryKey: ["list_spaces"] }),
    ...queryClient.getQueriesData({ queryKey: ["get_space"] }),
  ];
  const change = (space: Space): Space => (space.id === id ? { ...space, state, state_reason: "" } : space);
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

/** What can be done to a space. Calls return at once; events tell how it goes on. */
export function useSpaceActions(space: Space, onDeleted?: () => void) {
  const { user, may } = useSession();
  const call = { space: nameOf(space, user), wait_seconds: 0 };
  const start = useAction("start_space", { outdates, optimistic: () => expectState(space.id, "starting") });
  const stop = useAction("stop_space", { outdates, optimistic: () => expectState(space.id, "stopping") });
  const restart = useAction("restart_space", { outdates, optimistic: () => expectState(space.id, "stopping") });
  const deletion = useDeletion(space, call.space, onDeleted);
  const { state } = space;
  return {
    start: () => start.mutate(call),
    stop: () => stop.mutate(call),
    restart: () => restart.mutate(call),
    deletion,
    can: {
      start: state === "stopped" || state === "failed",
      stop: state === "running" || state === "starting",
      restart: state === "running",
      delete: space.owner.user_id === user.id || may("spaces.manage"),
    },
  };
}

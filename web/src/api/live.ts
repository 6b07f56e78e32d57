import { useEffect, useSyncExternalStore } from "react";
import type { Event } from "../../../internal/event/schema.ts";
import { type OperationName, subscribe } from "./operations.ts";
import { ProblemError } from "./problem-error.ts";
import { noticeExpiry, outdate, queryClient } from "./query.ts";

/** Which answers an event about a kind of thing outdates. */
const concerns: Readonly<Record<string, readonly OperationName[]>> = {
  space: ["list_spaces", "get_space", "list_space_events", "list_volumes"],
  volume: ["list_volumes", "get_space"],
  template: ["list_templates", "get_template"],
  approval: ["list_approvals", "get_approval"],
  token: ["list_tokens"],
  session: ["list_sessions"],
  user: ["whoami"],
  group: ["whoami"],
  role: ["whoami"],
};

const stateListeners = new Set<() => void>();
let connected = true;

function setConnected(next: boolean): void {
  if (next === connected) return;
  connected = next;
  for (const listener of stateListeners) listener();
}

/** Follows the daemon's events while someone is signed in, and reads anew what they outdate. Mount it once. */
export function useLiveUpdates(): void {
  useEffect(() => {
    const due = new Set<OperationName>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      void outdate(...due);
      due.clear();
    };
    const onEvent = (event: Event) => {
      for (const name of concerns[event.subject_kind] ?? []) due.add(name);
      // a burst of events costs one read
      timer ??= setTimeout(flush, 60);
    };
    const subscription = subscribe(null, onEvent, {
      onGap: () => void queryClient.invalidateQueries(),
      onConnected: setConnected,
      onRefused: (problem) => noticeExpiry(new ProblemError(problem)),
    });
    return () => {
      clearTimeout(timer);
      subscription.close();
    };
  }, []);
}

/** Whether what is on the page is kept up to date right now. */
export function useConnected(): boolean {
  return useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    () => connected,
  );
}

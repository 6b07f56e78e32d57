import { useEffect, useSyncExternalStore } from "react";
import type { Event } from "../../../internal/event/schema.ts";
import { type OperationName, subscribe } from "./operations.ts";
import { ProblemError } from "./problem-error.ts";
import { noticeExpiry, outdate, queryClient, readAgainWhatFailed } from "./query.ts";

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

const burstMs = 60;
const pauseMs = 300;
const patienceMs = 5000;

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
    const flush = async () => {
      const names = [...due];
      due.clear();
      // what hangs must not hold up the rest
      await Promise.race([outdate(...names), new Promise((resolve) => setTimeout(resolve, patienceMs))]);
      timer = due.size > 0 ? setTimeout(() => void flush(), pauseMs) : undefined;
    };
    const onEvent = (event: Event) => {
      for (const name of concerns[event.subject_kind] ?? []) due.add(name);
      // a burst of events costs one read, and a steady stream no more than the server can answer
      if (due.size > 0) timer ??= setTimeout(() => void flush(), burstMs);
    };
    const subscription = subscribe(null, onEvent, {
      onGap: () => void queryClient.invalidateQueries(),
      onConnected: (now) => {
        if (now && !connected) void readAgainWhatFailed();
        setConnected(now);
      },
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

import type { ServerEvent, ServerEventBus } from "@modelcontextprotocol/server";
import { visiting } from "./visit.ts";

type Listener = (event: ServerEvent) => void;

/** Carries changes to the listen streams of those they concern. The SDK's own bus tells everyone everything. */
export class UserBus implements ServerEventBus {
  readonly #listeners = new Map<Listener, string | null>();

  /** Runs inside the visit whose stream is being opened. */
  subscribe(listener: Listener): () => void {
    this.#listeners.set(listener, visiting.getStore()?.principal.user_id ?? null);
    return () => void this.#listeners.delete(listener);
  }

  publish(event: ServerEvent): void {
    this.tell(null, event);
  }

  /** `user_id` null tells everyone. */
  tell(user_id: string | null, event: ServerEvent): void {
    for (const [listener, owner] of this.#listeners) {
      if (user_id === null || owner === user_id) listener(event);
    }
  }
}

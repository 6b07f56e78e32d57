import type { Sessions } from "./sessions.ts";
import type { UserBus } from "./user-bus.ts";

/** How long changes are gathered before clients are told, in milliseconds: a server that reconnects brings many at once. */
const gatherMs = 50;

/** Tells the clients of the users concerned, and nobody else, that their list of tools changed; both eras. */
export class Changes {
  readonly #bus: UserBus;
  readonly #sessions: Sessions;
  readonly #users = new Set<string | null>();
  #timer: NodeJS.Timeout | undefined;

  constructor(bus: UserBus, sessions: Sessions) {
    this.#bus = bus;
    this.#sessions = sessions;
  }

  /** `user_id` null concerns everyone. */
  add(user_id: string | null): void {
    this.#users.add(user_id);
    this.#timer ??= setTimeout(() => this.#tell(), gatherMs).unref();
  }

  /** For fixtures, which alone have prompts. */
  promptsChanged(): void {
    this.#bus.tell(null, { kind: "prompts_list_changed" });
    for (const { endpoint } of this.#sessions.of(null)) endpoint.server.sendPromptListChanged().catch(() => {});
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#users.clear();
  }

  #tell(): void {
    this.#timer = undefined;
    const users = this.#users.has(null) ? [null] : [...this.#users];
    this.#users.clear();
    for (const user_id of users) {
      this.#bus.tell(user_id, { kind: "tools_list_changed" });
      for (const { endpoint } of this.#sessions.of(user_id)) {
        // a session that is just ending need not hear it
        endpoint.server.sendToolListChanged().catch(() => {});
      }
    }
  }
}

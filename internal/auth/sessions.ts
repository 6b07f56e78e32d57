import { randomUUID } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type Page, type PageRequest, pageOf } from "../operation/page.ts";
import { Problem } from "../problem/problem.ts";
import { digestOf, randomToken } from "../secret/secret.ts";
import type { SessionRenewal } from "../user/user.ts";
import type { Session } from "./schema.ts";

export type StoredSession = Omit<Session, "current"> & { readonly user_id: string };

/** Where sessions live: of the secret in the cookie only its SHA-256. */
export interface SessionStore {
  /** Also notes the sign-in at the user, and drops the user's sessions that ended by then. */
  start(session: StoredSession, digest: string, idleSince: number, event: NewEvent): Promise<void>;
  /** One user's sessions that were used after `idleSince` and have not expired, the latest first. */
  list(userId: string, page: PageRequest, idleSince: number, now: number): Promise<Page<StoredSession>>;
  find(by: { readonly digest: string } | { readonly id: string }): Promise<StoredSession | null>;
  reissue(id: string, digest: string, event: NewEvent): Promise<boolean>;
  end(id: string, event: NewEvent): Promise<boolean>;
  /** Drops all that ended; the number of them. */
  sweep(idleSince: number, now: number): Promise<number>;
}

const hour = 3_600_000;

/** How long a session lasts unused (12 hours), and in all (7 days), in milliseconds. */
export const sessionLife = { idle_ms: 12 * hour, absolute_ms: 7 * 24 * hour } as const;

/** Browser sessions. The secret is 256 bits, lives in the cookie, and is new at sign-in and after a password change. */
export class Sessions implements SessionRenewal {
  readonly #store: SessionStore;
  readonly #now: () => number;
  readonly #renewed = new Map<string, string>();

  constructor(deps: { readonly store: SessionStore; readonly now: () => number }) {
    this.#store = deps.store;
    this.#now = deps.now;
  }

  /** The secret of a new session, for the cookie. */
  async start(userId: string, from: { readonly ip: string; readonly user_agent: string }): Promise<string> {
    const secret = randomToken("", 32);
    const at = this.#now();
    const session = {
      id: randomUUID(),
      user_id: userId,
      created_at: at,
      last_seen_at: at,
      expires_at: at + sessionLife.absolute_ms,
      ip: from.ip.slice(0, 64),
      user_agent: from.user_agent.slice(0, 256),
    };
    await this.#store.start(session, digestOf(secret), at - sessionLife.idle_ms, event("session.started", session));
    return secret;
  }

  /** Ends the session of this cookie; does nothing when there is none. */
  async end(secret: string): Promise<void> {
    const session = await this.#store.find({ digest: digestOf(secret) });
    if (session !== null) await this.#store.end(session.id, event("session.ended", session));
  }

  async list(call: Call, page: PageRequest) {
    const { user_id, credential } = call.principal;
    const at = this.#now();
    const sessions = await this.#store.list(user_id, page, at - sessionLife.idle_ms, at);
    const items = sessions.items.map(({ user_id: _, ...session }) => ({
      ...session,
      current: credential.kind === "session" && credential.id === session.id,
    }));
    return pageOf("sessions", { ...sessions, items });
  }

  async revoke(call: Call, id: string): Promise<void> {
    const session = await this.#store.find({ id });
    const own = session !== null && session.user_id === call.principal.user_id;
    if (own && (await this.#store.end(id, event("session.ended", session)))) return;
    throw new Problem("not_found", `There is no session "${id}". list_sessions shows yours.`);
  }

  /** Gives the session another secret; the door collects it with `takeRenewed` for the cookie, or the user signs in again. */
  async renew(id: string): Promise<void> {
    const session = await this.#store.find({ id });
    if (session === null) return;
    const secret = randomToken("", 32);
    await this.#store.reissue(id, digestOf(secret), event("session.renewed", session));
    this.#renewed.set(id, secret);
    setTimeout(() => this.#renewed.delete(id), 60_000).unref();
  }

  /** The new secret of a session that was renewed during this request; once. */
  takeRenewed(id: string): string | null {
    const secret = this.#renewed.get(id) ?? null;
    this.#renewed.delete(id);
    return secret;
  }

  /** Drops what has ended; for a timer. */
  async sweep(): Promise<number> {
    const at = this.#now();
    return this.#store.sweep(at - sessionLife.idle_ms, at);
  }
}

const messages = {
  "session.started": "Signed in",
  "session.ended": "Signed out",
  "session.renewed": "The session got a new id",
} as const;

const event = (type: keyof typeof messages, session: StoredSession): NewEvent => ({
  type,
  subject_kind: "session",
  subject_id: session.id,
  user_id: session.user_id,
  message: messages[type],
  data: {},
});

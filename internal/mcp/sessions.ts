import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import type { Principal } from "../operation/principal.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Ended } from "./ports.ts";
import { RecentEvents } from "./recent-events.ts";

type Options = {
  readonly idle_ms: number;
  readonly max: number;
  readonly createEndpoint: () => Endpoint;
  readonly now?: () => number;
};

/** A session of a 2025 client. The transport is its protocol, the endpoint its handlers. */
export type Session = {
  readonly id: string;
  readonly principal: Principal;
  readonly transport: NodeStreamableHTTPServerTransport;
  readonly endpoint: Endpoint;
  readonly events: RecentEvents;
};

type Kept = Session & { used_at: number; open: number };

/** How soon a client that lost a stream may come back, in milliseconds (SEP-1699). */
const retryMs = 1000;

/**
 * The sessions of 2025 clients. A session belongs to the user and credential that began it and proves nothing: every
 * request still authenticates. It ends when idle, deleted, pushed out by newer ones, or when its credential is revoked.
 */
export class Sessions {
  readonly #options: Options;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Kept>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: Options) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#sweeper = setInterval(() => this.sweep(), Math.min(Math.max(options.idle_ms / 4, 1000), 60_000));
    this.#sweeper.unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Requests that are being served now. */
  get inUse(): number {
    return [...this.#sessions.values()].reduce((sum, { open }) => sum + open, 0);
  }

  /** Undefined also for a session of another user or credential: the same answer as for one that does not exist. */
  find(id: string, principal: Principal): Session | undefined {
    const session = this.#sessions.get(id);
    return session !== undefined && isSame(session.principal, principal) ? session : undefined;
  }

  /** A session that counts once its client has initialized it; `close` it when that did not happen. */
  async begin(principal: Principal): Promise<Session> {
    const id = randomBytes(24).toString("base64url");
    const endpoint = this.#options.createEndpoint();
    const events = new RecentEvents();
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: events,
      retryInterval: retryMs,
      onsessioninitialized: () => this.#keep({ ...session, used_at: this.#now(), open: 1 }),
    });
    transport.onclose = () => void this.#sessions.delete(id);
    const session: Session = { id, principal, transport, endpoint, events };
    await endpoint.connect(transport);
    return session;
  }

  /** Notes that a session is in use until this response ends: an open stream keeps it from being idle. One that is just beginning counts itself. */
  use({ id }: Session, response: ServerResponse): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.open += 1;
    response.once("close", () => this.#release(id));
  }

  /** Every session of this user; of everyone for null. */
  of(user_id: string | null): readonly Session[] {
    return [...this.#sessions.values()].filter(({ principal }) => user_id === null || principal.user_id === user_id);
  }

  async end({ endpoint, id }: Session): Promise<void> {
    this.#sessions.delete(id);
    await endpoint.close();
  }

  /** Ends the sessions of a user or of one credential. */
  endAll({ user_id, credential_id }: Ended): void {
    for (const session of this.of(user_id)) {
      if (credential_id === null || session.principal.credential.id === credential_id) void this.end(session);
    }
  }

  /** Ends what has been idle for too long. */
  sweep(): void {
    const oldest = this.#now() - this.#options.idle_ms;
    for (const session of this.#sessions.values()) {
      if (session.open === 0 && session.used_at <= oldest) void this.end(session);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all(this.of(null).map((session) => this.end(session)));
  }

  #keep(session: Kept): void {
    while (this.#sessions.size >= this.#options.max) {
      const victim = this.#leastRecentlyUsed();
      if (victim === undefined) break;
      void this.end(victim);
    }
    this.#sessions.set(session.id, session);
  }

  /** Of the user with the most sessions, so that one user cannot push out everybody else. */
  #leastRecentlyUsed(): Kept | undefined {
    const byUser = Map.groupBy(this.#sessions.values(), ({ principal }) => principal.user_id);
    const most = [...byUser.values()].sort((a, b) => b.length - a.length)[0] ?? [];
    return most.sort((a, b) => Number(a.open > 0) - Number(b.open > 0) || a.used_at - b.used_at)[0];
  }

  #release(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.open -= 1;
    session.used_at = this.#now();
  }
}

const isSame = (a: Principal, b: Principal): boolean =>
  a.user_id === b.user_id && a.credential.kind === b.credential.kind && a.credential.id === b.credential.id;

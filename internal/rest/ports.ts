import type { IncomingHttpHeaders } from "node:http";
import type { Event } from "../event/schema.ts";
import type { Principal } from "../operation/principal.ts";

/**
 * Who sends a request: the bearer token, else the session cookie. Throws `unauthenticated`; reads nothing but headers.
 * A `check` does not count as use of the credential, so that an open stream keeps no idle session alive.
 */
export type Authenticate = (headers: IncomingHttpHeaders, purpose: "use" | "check") => Promise<Principal>;

/** Whether a browser says that this request comes from knot's own pages. Fails closed when it says nothing. */
export type IsSameOrigin = (headers: IncomingHttpHeaders) => boolean;

/** Where a request comes from, for the rate limit, the list of sessions and the audit log. */
export type Origin = { readonly ip: string; readonly client: string };

/** A session that was just opened. */
export type SignedIn = {
  /** The value of the Set-Cookie header, attributes included. */
  readonly set_cookie: string;
  readonly user: Readonly<Record<string, unknown>>;
};

/** Signing in and out with a browser. `raw` is an unparsed body: the service refuses what does not fit with `invalid_input`. */
export interface AuthService {
  login(raw: unknown, origin: Origin): Promise<SignedIn>;
  /** Ends the session of the cookie, if it has one. Returns the Set-Cookie header that removes it. */
  logout(headers: IncomingHttpHeaders, origin: Origin): Promise<string>;
  /** Whether nobody has an account yet. */
  setupRequired(): Promise<boolean>;
  /** Makes the first administrator; `conflict` once there is one. */
  setup(raw: unknown, origin: Origin): Promise<SignedIn>;
}

/** A request that was turned away before the waist saw it. `route` is the pattern, such as /api/spaces/:space. */
export type Refusal = Origin & { readonly status: 401 | 403; readonly method: string; readonly route: string };

/** The live events. */
export interface EventFeed {
  /** The newest `seq` that has been told: who subscribes after it in the same step misses nothing. */
  readonly horizon: number;
  /**
   * Events this principal may see with `seq` above `after`, then new ones, until the signal aborts. `gap` means that
   * some were missed. Buffers a bounded number: a reader that is too slow gets an end, and resumes after its last `seq`.
   */
  subscribe(
    principal: Principal,
    after: number | null,
    signal: AbortSignal,
  ): AsyncIterable<Event | { readonly gap: true }>;
}

/** What the daemon needs to serve, part by part. */
export type Readiness = {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
};

/** What the doors tell the metrics, and where /metrics gets its text. */
export interface RestMetrics {
  request(method: string, route: string, status: number, seconds: number): void;
  render(): Promise<{ readonly type: string; readonly text: string }>;
}

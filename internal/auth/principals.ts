import type { Event } from "../event/schema.ts";
import { type Permission, permissionNames } from "../operation/permission.ts";
import type { Credential, Principal, Scope } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import { builtInRole } from "../role/built-in.ts";
import { digestOf } from "../secret/secret.ts";
import { CredentialCache, type Loaded } from "./credential-cache.ts";
import type { CredentialStore, Holder } from "./credential-store.ts";
import { type Revocation, revocationsOf } from "./revocation.ts";
import { sessionSecretFrom } from "./session-cookie.ts";
import { sessionLife } from "./sessions.ts";

export type PrincipalsDeps = {
  readonly store: CredentialStore;
  /** Hears what was committed; see `Store.onEvents`. */
  readonly onEvents: (listener: (events: readonly Event[]) => void) => () => void;
  readonly now: () => number;
  /** Whether knot is reached over https, which decides the name of the cookie. */
  readonly secure: boolean;
  /** How long a verified credential counts without asking the database, in milliseconds; it bounds how long a change by another daemon goes unnoticed. */
  readonly cache_ms?: number;
};

/** A `check` does not count as use: what the daemon does by itself must not keep an idle session alive. */
export type Purpose = "use" | "check";

type Headers = { readonly authorization?: string | undefined; readonly cookie?: string | undefined };

const minute = 60_000;
const everyScope: ReadonlySet<Scope> = new Set(["api", "mcp"]);
const sessionScopes: ReadonlySet<Scope> = new Set(["api"]);

/**
 * Who calls. A verified token or session is kept in memory for a few seconds, so that the hot path asks no database,
 * and is forgotten in this process the moment a change to its user, roles, groups or itself is committed.
 */
export class Principals implements AsyncDisposable {
  readonly #deps: PrincipalsDeps;
  readonly #cache: CredentialCache;
  readonly #listeners = new Set<(revocation: Revocation) => void>();
  readonly #writes = new Set<Promise<void>>();
  readonly #stopHearing: () => void;

  constructor(deps: PrincipalsDeps) {
    this.#deps = deps;
    this.#cache = new CredentialCache(deps.cache_ms ?? 3000);
    this.#stopHearing = deps.onEvents((events) => this.#hear(events));
  }

  /** For doors: the principal of a request's headers, or `unauthenticated`. An Authorization header wins over the cookie, also when it is wrong. */
  async authenticate({ authorization, cookie }: Headers, purpose: Purpose = "use"): Promise<Principal> {
    if (authorization !== undefined) return this.fromToken(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "", purpose);
    const secret = sessionSecretFrom(cookie, this.#deps.secure);
    if (secret === null) throw new Problem("unauthenticated", "This needs a session or an API token. Sign in first.");
    return this.fromSession(secret, purpose);
  }

  async fromToken(secret: string, purpose: Purpose = "use"): Promise<Principal> {
    const known = secret.startsWith("knot_") && secret.length <= 256;
    const load = (digest: string) => this.#loadToken({ digest });
    const principal = known ? await this.#cached(digestOf(secret), purpose, load) : null;
    if (principal !== null) return principal;
    throw new Problem(
      "unauthenticated",
      "The API token is wrong, expired or revoked, or its owner is inactive. Use another one.",
    );
  }

  async fromSession(secret: string, purpose: Purpose = "use"): Promise<Principal> {
    const load = (digest: string) => this.#loadSession(digest);
    const principal = secret.length <= 256 ? await this.#cached(digestOf(secret), purpose, load) : null;
    if (principal !== null) return principal;
    throw new Problem("unauthenticated", "The session has ended. Sign in again.");
  }

  /**
   * The principal of a call that waited, as it would be now: null when the user is inactive or the token is revoked or
   * expired. A session that ended since does not stop what the user asked for in it.
   */
  async revive({ user_id, credential }: { user_id: string; credential: Credential }): Promise<Principal | null> {
    if (credential.kind === "local") return this.local();
    if (credential.kind === "system") return this.system();
    if (credential.kind === "token") {
      const loaded = await this.#loadToken({ id: credential.id });
      return loaded !== null && loaded.principal.user_id === user_id ? loaded.principal : null;
    }
    const holder = await this.#deps.store.holder(user_id);
    return holder?.active ? principalOf(holder, credential, sessionScopes) : null;
  }

  /** Who administers the machine: whoever may read knot's state may do everything. */
  local(): Principal {
    return machinePrincipal("local", "the machine's administrator");
  }

  /** The daemon itself, for what it does on its own. */
  system(): Principal {
    return machinePrincipal("system", "knot");
  }

  /** Tells whose open connections have to prove themselves again or close; see `concerns`. Returns the way to stop. */
  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopHearing();
    await Promise.all(this.#writes);
  }

  async #cached(
    digest: string,
    purpose: Purpose,
    load: (digest: string) => Promise<Loaded | null>,
  ): Promise<Principal | null> {
    const now = this.#deps.now();
    const entry = await this.#cache.get(digest, now, () => load(digest));
    if (entry === null || entry.ends_at() <= now) return null;
    if (purpose === "use") entry.use(now);
    return entry.principal;
  }

  async #loadToken(by: { readonly digest: string } | { readonly id: string }): Promise<Loaded | null> {
    const token = await this.#deps.store.token(by);
    if (token === null || token.expires_at <= this.#deps.now()) return null;
    const holder = await this.#deps.store.holder(token.user_id);
    if (!holder?.active) return null;
    if (token.group_id !== null && !holder.group_ids.includes(token.group_id)) return null;
    const { id, name, lineage } = token;
    let used = token.last_used_at ?? 0;
    return {
      principal: principalOf(holder, { kind: "token", id, name, lineage }, new Set(token.scopes)),
      ends_at: () => token.expires_at,
      use: (now) => {
        if (now - used < minute) return;
        used = now;
        this.#later(this.#deps.store.touchToken(token.id, now));
      },
    };
  }

  async #loadSession(digest: string): Promise<Loaded | null> {
    const session = await this.#deps.store.session(digest);
    if (session === null) return null;
    const holder = await this.#deps.store.holder(session.user_id);
    if (!holder?.active) return null;
    let [seen, written] = [session.last_seen_at, session.last_seen_at];
    return {
      principal: principalOf(holder, { kind: "session", id: session.id, name: "browser session" }, sessionScopes),
      ends_at: () => Math.min(session.expires_at, seen + sessionLife.idle_ms),
      use: (now) => {
        seen = now;
        if (now - written < minute) return;
        written = now;
        this.#later(this.#deps.store.touchSession(session.id, now));
      },
    };
  }

  /** Not on the request's path, and not worth failing it: the next use tries again. */
  #later(write: Promise<void>): void {
    const done = write.catch(() => {}).finally(() => this.#writes.delete(done));
    this.#writes.add(done);
  }

  #hear(events: readonly Event[]): void {
    for (const revocation of revocationsOf(events)) {
      this.#cache.forget(revocation);
      if (revocation.streams) for (const listener of this.#listeners) listener(revocation);
    }
  }
}

function principalOf(holder: Holder, credential: Credential, scopes: ReadonlySet<Scope>): Principal {
  const permissions = new Set<Permission>(
    holder.roles.flatMap(({ id, permissions }) => builtInRole(id)?.permissions ?? permissions),
  );
  return {
    user_id: holder.user_id,
    username: holder.username,
    group_ids: holder.group_ids,
    role_ids: holder.roles.map(({ id }) => id),
    permissions,
    scopes,
    credential,
  };
}

const everyPermission: ReadonlySet<Permission> = new Set(permissionNames);

const machinePrincipal = (kind: "local" | "system", name: string): Principal => ({
  user_id: kind,
  username: kind,
  group_ids: [],
  role_ids: [],
  permissions: everyPermission,
  scopes: everyScope,
  credential: { kind, id: kind, name },
});

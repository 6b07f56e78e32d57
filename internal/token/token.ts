import { randomUUID } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type Page, type PageRequest, pageOf } from "../operation/page.ts";
import { type Credential, may, rootOf, type Scope } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import { digestOf, randomToken } from "../secret/secret.ts";
import type { Token } from "./schema.ts";

/** What is stored of a token beside what is shown: the SHA-256 of its secret, and which tokens it comes from. */
export type TokenOrigin = { readonly digest: string; readonly lineage: readonly string[] };

/** Where tokens live: of a secret only its SHA-256. Each change is one transaction that also stores its event. */
export interface TokenStore {
  /** One user's tokens, sorted by name. */
  list(userId: string, page: PageRequest): Promise<Page<Token>>;
  findById(id: string): Promise<Token | null>;
  findByName(userId: string, name: string): Promise<Token | null>;
  /** Empty when the token is gone. */
  lineage(id: string): Promise<readonly string[]>;
  count(userId: string): Promise<number>;
  insert(token: Token, origin: TokenOrigin, event: NewEvent): Promise<"created" | "taken">;
  reissue(
    id: string,
    digest: string,
    times: { issued_at: number; expires_at: number },
    event: NewEvent,
  ): Promise<boolean>;
  delete(id: string, event: NewEvent): Promise<boolean>;
}

/** What tokens need to know of users: who they are, and which groups they are in. */
export interface TokenOwners {
  find(ref: string): Promise<Owner | null>;
}

/** What tokens need to know of groups: the one with this name or id. */
export interface GroupDirectory {
  find(ref: string): Promise<{ readonly id: string } | null>;
}

type Owner = { readonly id: string; readonly username: string; readonly group_ids: readonly string[] };

export type TokensDeps = {
  readonly store: TokenStore;
  readonly users: TokenOwners;
  readonly groups: GroupDirectory;
  readonly now: () => number;
};

export type TokenInput = {
  readonly name: string;
  readonly scopes?: readonly Scope[] | undefined;
  readonly expires_in_days?: number | undefined;
  readonly expires_at?: number | undefined;
  readonly group?: string | undefined;
  readonly user?: string | undefined;
};

/** Of a token that is made now; what a person makes begins a line. */
const lineageOf = ({ kind, id, lineage }: Credential) => (kind === "token" ? (lineage ?? [id]) : []);

const day = 86_400_000;
const defaultDays = 90;
const mostDays = 365;
const mostTokens = 200;

/** API tokens: made and seen once by their owner, revoked by the owner or whoever manages users. */
export class Tokens {
  readonly #deps: TokensDeps;

  constructor(deps: TokensDeps) {
    this.#deps = deps;
  }

  async list(call: Call, { user, ...page }: PageRequest & { readonly user?: string | undefined }) {
    const owner = user === undefined ? call.principal.user_id : (await this.#ownerFor(call, user)).id;
    return pageOf("tokens", await this.#deps.store.list(owner, page));
  }

  /** The one moment the secret is seen: it is not stored, only its SHA-256. */
  async create(call: Call, input: TokenInput): Promise<{ token: Token; secret: string }> {
    const { store, now } = this.#deps;
    const owner = await this.#creatorFor(call, input.user);
    const caller = await this.#callingToken(call);
    const secret = randomToken("knot_");
    const at = now();
    const token: Token = {
      id: randomUUID(),
      user_id: owner.id,
      name: input.name,
      scopes: [...scopesFor(input.scopes, caller)],
      group_id:
        input.group === undefined ? (caller?.group_id ?? null) : await this.#groupOf(owner, input.group, caller),
      created_at: at,
      issued_at: at,
      expires_at: expiryFor(input, at, caller),
      last_used_at: null,
    };
    if ((await store.count(owner.id)) >= mostTokens) {
      throw new Problem("conflict", `There are ${mostTokens} tokens already, which is the most. Revoke one first.`);
    }
    const origin = {
      digest: digestOf(secret),
      lineage: [...lineageOf(call.principal.credential), token.id],
    };
    const created = await store.insert(token, origin, event("token.created", token, "was created"));
    if (created === "taken") {
      throw new Problem("conflict", `There is a token "${token.name}" already. Choose another name, or rotate it.`);
    }
    return { token, secret };
  }

  /**
   * Replaces the secret; the old one is dead at once. The token lives as long again as it was made for, and keeps its
   * lineage.
   */
  async rotate(call: Call, ref: string): Promise<{ token: Token; secret: string }> {
    const { store, now } = this.#deps;
    const token = await this.#own(call, ref);
    const caller = await this.#callingToken(call);
    const at = now();
    let expires_at = at + (token.expires_at - token.issued_at);
    if (caller !== null && caller.id !== token.id) {
      scopesFor(token.scopes, caller);
      if (rootOf(call.principal.credential) !== (await store.lineage(token.id))[0]) throw foreign();
      if (caller.group_id !== null && caller.group_id !== token.group_id) throw wider("it is bound to a group");
      expires_at = Math.min(expires_at, caller.expires_at);
    }
    const secret = randomToken("knot_");
    const rotated = { ...token, issued_at: at, expires_at };
    const done = await store.reissue(token.id, digestOf(secret), rotated, event("token.rotated", token, "was rotated"));
    if (!done) throw gone(ref);
    return { token: rotated, secret };
  }

  /** Stops the token at once, also on connections that are open. */
  async revoke(call: Call, ref: string): Promise<void> {
    const token = (await this.#managed(call, ref)) ?? (await this.#own(call, ref));
    if (!(await this.#deps.store.delete(token.id, event("token.revoked", token, "was revoked")))) throw gone(ref);
  }

  async #own(call: Call, ref: string): Promise<Token> {
    const { store } = this.#deps;
    const { user_id } = call.principal;
    const byId = await store.findById(ref);
    const token = byId?.user_id === user_id ? byId : await store.findByName(user_id, ref);
    if (token !== null) return token;
    throw gone(ref);
  }

  /** Somebody else's token, by id, for who manages users. */
  async #managed(call: Call, ref: string): Promise<Token | null> {
    return may(call.principal, "users.manage") ? this.#deps.store.findById(ref) : null;
  }

  async #ownerFor(call: Call, ref: string): Promise<Owner> {
    const user = await this.#deps.users.find(ref);
    const visible = user !== null && (user.id === call.principal.user_id || may(call.principal, "users.manage"));
    if (!visible) throw new Problem("not_found", `There is no user "${ref}".`);
    return user;
  }

  /** A token speaks for its owner, so only its owner makes one; the machine's administrator makes one for anyone. */
  async #creatorFor(call: Call, ref: string | undefined): Promise<Owner> {
    const { user_id, credential } = call.principal;
    if (credential.kind === "local" && ref === undefined) {
      throw new Problem("invalid_input", "/user: is needed here: say for whom the token shall be.", {
        errors: [{ path: "/user", message: "is needed here" }],
      });
    }
    const owner = await this.#ownerFor(call, ref ?? user_id);
    if (owner.id === user_id || credential.kind === "local") return owner;
    throw new Problem("forbidden", "You can only create tokens for yourself: a token acts as its owner.");
  }

  /** The token the call was made with, as it is stored; null for a person. */
  async #callingToken(call: Call): Promise<Token | null> {
    const { credential, scopes } = call.principal;
    if (credential.kind !== "token") return null;
    if (!scopes.has("api") || scopes.has("read")) {
      throw new Problem(
        "forbidden",
        'Making tokens with a token needs one with the scope "api" that is not limited to reading. Sign in, or use such a token.',
      );
    }
    const token = await this.#deps.store.findById(credential.id);
    if (token === null) throw new Problem("unauthenticated", "The token of this call is revoked.");
    return token;
  }

  async #groupOf(owner: Owner, ref: string, caller: Token | null): Promise<string> {
    const group = await this.#deps.groups.find(ref);
    if (group === null || !owner.group_ids.includes(group.id)) {
      throw new Problem("not_found", `There is no group "${ref}". list_groups shows the ones you may see.`);
    }
    if (caller !== null && caller.group_id !== null && caller.group_id !== group.id) {
      throw wider("it is bound to another group");
    }
    return group.id;
  }
}

/** Without a wish: `api` and `mcp`, as far as the calling token has them. */
function scopesFor(wanted: readonly Scope[] | undefined, caller: Token | null): ReadonlySet<Scope> {
  const allowed = caller?.scopes ?? ["api", "mcp", "read"];
  if (wanted === undefined) return new Set((["api", "mcp"] as const).filter((scope) => allowed.includes(scope)));
  const missing = wanted.filter((scope) => scope !== "read" && !allowed.includes(scope));
  if (missing.length > 0) throw wider(`it lacks the scope ${missing.map((scope) => `"${scope}"`).join(", ")}`);
  // `read` alone opens both doors, so it needs both unless one of them is named
  const opensBoth = wanted.every((scope) => scope === "read");
  if (opensBoth && !(allowed.includes("api") && allowed.includes("mcp"))) {
    throw wider('"read" alone reads through both doors; name the door it shall read through as well');
  }
  return new Set(wanted);
}

function expiryFor(input: TokenInput, now: number, caller: Token | null): number {
  if (input.expires_in_days !== undefined && input.expires_at !== undefined) {
    throw badExpiry("give either expires_in_days or expires_at, not both");
  }
  const wished = input.expires_at ?? (input.expires_in_days === undefined ? null : now + input.expires_in_days * day);
  const latest = caller?.expires_at ?? Number.POSITIVE_INFINITY;
  if (wished === null) return Math.min(now + defaultDays * day, latest);
  if (wished <= now) throw badExpiry("lies in the past");
  if (wished > now + mostDays * day) throw badExpiry(`lies more than ${mostDays} days ahead, which is the most`);
  if (wished > latest) throw wider("it expires earlier than that");
  return wished;
}

const badExpiry = (message: string) =>
  new Problem("invalid_input", `/expires_at: ${message}.`, { errors: [{ path: "/expires_at", message }] });

const wider = (why: string) =>
  new Problem("forbidden", `A token cannot make one that is wider than itself: ${why}. Sign in to make that one.`);

/** Its new secret would be another person's word: with it a caller could approve its own calls. */
const foreign = () =>
  new Problem("forbidden", "A token can rotate itself and tokens of the same origin only. Sign in to rotate that one.");

const gone = (ref: string) => new Problem("not_found", `There is no token "${ref}". list_tokens shows yours.`);

const event = (type: string, token: Token, what: string): NewEvent => ({
  type,
  subject_kind: "token",
  subject_id: token.id,
  user_id: token.user_id,
  message: `Token "${token.name}" ${what}`,
  data: { name: token.name, scopes: token.scopes, expires_at: token.expires_at },
});

import type { Principal } from "../operation/principal.ts";
import { Problem, problemOf } from "../problem/problem.ts";
import { Lockout } from "./lockout.ts";
import { type PasswordParameters, Passwords } from "./passwords.ts";
import { Principals, type PrincipalsDeps } from "./principals.ts";
import { type SessionStore, Sessions } from "./sessions.ts";
import { type FirstUserStore, Setup } from "./setup.ts";

export type SignInAccount = { readonly id: string; readonly active: boolean; readonly password_hash: string | null };

/** What signing in reads and writes of users. */
export interface SignInAccounts {
  /** By username or e-mail address, in lower case. */
  account(login: string): Promise<SignInAccount | null>;
  /** Replaces the hash `from` by one of the same password; does nothing when it has changed since. */
  rehash(userId: string, from: string, to: string): Promise<void>;
}

export type SignInOrigin = { readonly ip: string; readonly user_agent: string };

export type SignedIn = { readonly session_id: string; readonly principal: Principal };

/** A try to sign in, for the audit log. `login` is what was typed, which may be a password by mistake: only for known users. */
export type SignInEntry = SignInOrigin & {
  readonly user_id: string | null;
  readonly login: string | null;
  readonly outcome: "ok" | "failed" | "limited";
  readonly at: number;
};

export interface SignInLog {
  record(entry: SignInEntry): Promise<void>;
}

export type LoginInput = SignInOrigin & { readonly login: string; readonly password: string };

export type AuthDeps = Omit<PrincipalsDeps, "store"> & {
  readonly users: FirstUserStore;
  readonly accounts: SignInAccounts & PrincipalsDeps["store"];
  readonly sessions: SessionStore;
  readonly signIns: SignInLog;
  /** Only tests lower these. */
  readonly passwordParameters?: PasswordParameters;
};

/** Everything about proving who one is, wired: what `app` hands to the doors and to `Users`. */
export function createAuth(deps: AuthDeps) {
  const lockout = new Lockout(deps.now);
  const passwords = new Passwords(lockout, deps.passwordParameters);
  const sessions = new Sessions({ store: deps.sessions, now: deps.now });
  const principals = new Principals({ ...deps, store: deps.accounts });
  const signIn = async (userId: string, from: SignInOrigin): Promise<SignedIn> => {
    const session_id = await sessions.start(userId, from);
    return { session_id, principal: await principals.fromSession(session_id) };
  };
  const setup = new Setup({ store: deps.users, passwords, lockout, signIn, now: deps.now });
  const auth = new Auth({ ...deps, passwords, sessions: sessions, signIn });
  return { auth, setup, sessions, principals, passwords };
}

type LoginDeps = Pick<AuthDeps, "accounts" | "signIns" | "now"> & {
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly signIn: (userId: string, from: SignInOrigin) => Promise<SignedIn>;
};

/** Signing in and out with a password. */
class Auth {
  readonly #deps: LoginDeps;

  constructor(deps: LoginDeps) {
    this.#deps = deps;
  }

  /** `login` is a username or an e-mail address. An unknown user and a wrong password get the same answer after the same work. */
  async login(input: LoginInput): Promise<SignedIn> {
    const { accounts, passwords, signIn } = this.#deps;
    const login = input.login.trim().toLowerCase().slice(0, 254);
    const account = await accounts.account(login);
    const known = account?.password_hash ?? null;
    const right = await this.#verify(account?.id ?? `? ${login}`, known, input, account);
    if (!right || !account?.active || known === null) {
      await this.#record(input, account, "failed");
      throw new Problem("unauthenticated", "The user name or the password is wrong.");
    }
    if (passwords.isOutdated(known)) await accounts.rehash(account.id, known, await passwords.hash(input.password));
    const signedIn = await signIn(account.id, input);
    await this.#record(input, account, "ok");
    return signedIn;
  }

  /** Ends the session of this cookie. */
  async logout(sessionSecret: string): Promise<void> {
    await this.#deps.sessions.end(sessionSecret);
  }

  async #verify(key: string, known: string | null, input: LoginInput, account: SignInAccount | null): Promise<boolean> {
    try {
      return await this.#deps.passwords.verify(key, known, input.password, input.ip);
    } catch (thrown) {
      if (problemOf(thrown).code === "rate_limited") await this.#record(input, account, "limited");
      throw thrown;
    }
  }

  async #record(input: LoginInput, account: SignInAccount | null, outcome: SignInEntry["outcome"]): Promise<void> {
    await this.#deps.signIns.record({
      user_id: account?.id ?? null,
      login: account === null ? null : input.login.trim().toLowerCase(),
      outcome,
      ip: input.ip,
      user_agent: input.user_agent.slice(0, 256),
      at: this.#deps.now(),
    });
  }
}

import { randomUUID, timingSafeEqual } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import { noQuota } from "../operation/quota.ts";
import { Problem } from "../problem/problem.ts";
import { digestOf, randomToken } from "../secret/secret.ts";
import { Email, Username } from "../user/schema.ts";
import type { NewUser } from "../user/user-store.ts";
import type { SignedIn, SignInOrigin } from "./auth.ts";
import type { Lockout } from "./lockout.ts";
import type { Passwords } from "./passwords.ts";

/** What the first admin's sign-up needs of the users' store. */
export interface FirstUserStore {
  isEmpty(): Promise<boolean>;
  /** False when there is a user already. Of many at once exactly one is true. */
  insertFirst(user: NewUser, event: NewEvent): Promise<boolean>;
}

export type SetupInput = SignInOrigin & {
  readonly token: string;
  readonly username: string;
  readonly email?: string | null | undefined;
  readonly password: string;
};

export type SetupDeps = {
  readonly store: FirstUserStore;
  readonly passwords: Passwords;
  readonly lockout: Lockout;
  readonly signIn: (userId: string, from: SignInOrigin) => Promise<SignedIn>;
  readonly now: () => number;
};

const life = 15 * 60_000;

/** The first admin: made with a one-time token that is printed where only the machine's administrator sees it. */
export class Setup {
  readonly #deps: SetupDeps;
  #link: { readonly digest: string; readonly expires_at: number } | null = null;
  #done = false;

  constructor(deps: SetupDeps) {
    this.#deps = deps;
  }

  /** Whether there is no user yet. */
  async required(): Promise<boolean> {
    this.#done ||= !(await this.#deps.store.isEmpty());
    return !this.#done;
  }

  /** A new token, good for 15 minutes, in place of the one before; null when setup is done. To be printed, never logged. */
  async issue(): Promise<{ readonly token: string; readonly expires_at: number } | null> {
    if (!(await this.required())) return null;
    const token = randomToken("knot_setup_", 32);
    this.#link = { digest: digestOf(token), expires_at: this.#deps.now() + life };
    return { token, expires_at: this.#link.expires_at };
  }

  /** Creates the first admin and signs them in. Of many at once exactly one succeeds. */
  async complete(input: SetupInput): Promise<SignedIn> {
    const { store, passwords, signIn, now } = this.#deps;
    if (!(await this.required())) throw done();
    this.#checkToken(input);
    const username = parsed(Username, input.username, "/username");
    const email = input.email == null ? null : parsed(Email, input.email, "/email");
    if (username === "local" || username === "system") throw invalid("/username", "is a name knot uses itself");
    passwords.check(input.password, "/password", [username, email]);
    const user = {
      id: randomUUID(),
      username,
      email,
      display_name: username,
      role_ids: ["admin"],
      active: true,
      quota: noQuota,
      password_hash: await passwords.hash(input.password),
      created_at: now(),
    };
    if (!(await store.insertFirst(user, createdEvent(user)))) throw done();
    this.#done = true;
    this.#link = null;
    return signIn(user.id, input);
  }

  /** 256 bits cannot be guessed, so wrong tries slow down whoever makes them and never who holds the link. */
  #checkToken({ token, ip }: SetupInput): void {
    const link = this.#link;
    const digest = Buffer.from(digestOf(token));
    const right = link !== null && timingSafeEqual(digest, Buffer.from(link.digest));
    if (right && link.expires_at > this.#deps.now()) return;
    this.#deps.lockout.begin(`setup ${ip}`, ip);
    throw new Problem(
      "unauthenticated",
      "The setup link is wrong or older than 15 minutes. Restart knot for a new one, or run `knot admin create-user`.",
    );
  }
}

function parsed(schema: typeof Username | typeof Email, value: string, path: string): string {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(path, result.error.issues[0]?.message ?? "does not fit");
}

const invalid = (path: string, message: string) =>
  new Problem("invalid_input", `${path}: ${message}.`, { errors: [{ path, message }] });

const done = () => new Problem("conflict", "Setup is done: there is a user already. Sign in instead.");

const createdEvent = (user: NewUser): NewEvent => ({
  type: "user.created",
  subject_kind: "user",
  subject_id: user.id,
  user_id: user.id,
  message: `User ${user.username} was created as the first admin`,
  data: { username: user.username },
});

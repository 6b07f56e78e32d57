import { randomUUID } from "node:crypto";
import type { NewEvent } from "../event/schema.ts";
import type { Call } from "../operation/call.ts";
import { type PageRequest, pageOf } from "../operation/page.ts";
import { type Permission, permissionNames } from "../operation/permission.ts";
import { lacking, type Principal } from "../operation/principal.ts";
import { changedQuota, effectiveQuota, noQuota, type Quota, type QuotaChange } from "../operation/quota.ts";
import { Problem } from "../problem/problem.ts";
import type { User, Whoami } from "./schema.ts";
import type { Taken, UserChange, UserStore } from "./user-store.ts";

/** What users need to know of roles: those with these names or ids, or `not_found`. */
export interface RoleDirectory {
  resolve(refs: readonly string[]): Promise<readonly Granted[]>;
}

type Granted = { readonly id: string; readonly name: string; readonly permissions: readonly Permission[] };

/** What users need to know of groups. */
export interface GroupsOfUser {
  groupsOf(userId: string): Promise<readonly { readonly id: string; readonly name: string; readonly quota: Quota }[]>;
}

/** How many spaces a user owns, in any state. */
export interface SpacesOfUser {
  countOwnedBy(userId: string): Promise<number>;
}

/** Keeps passwords: what is acceptable, and what is stored of them. */
export interface PasswordKeeper {
  /** Throws `invalid_input` at `path` for a password that is too short, too long or easily guessed. */
  check(password: string, path: string, words: readonly (string | null)[]): void;
  hash(password: string): Promise<string>;
  /** Counts as a try to sign in: throws `rate_limited` after too many wrong ones. */
  verify(userId: string, hash: string | null, password: string, ip: string): Promise<boolean>;
}

/** Gives a session another id, so that one which leaked before a password change is worthless. */
export interface SessionRenewal {
  renew(sessionId: string): Promise<void>;
}

export type UsersDeps = {
  readonly store: UserStore;
  readonly roles: RoleDirectory;
  readonly groups: GroupsOfUser;
  readonly spaces: SpacesOfUser;
  readonly passwords: PasswordKeeper;
  readonly sessions: SessionRenewal;
  readonly now: () => number;
};

export type UserInput = {
  readonly username: string;
  readonly email?: string | null | undefined;
  readonly display_name?: string | undefined;
  readonly role_ids: readonly string[];
  readonly active: boolean;
  readonly quota?: QuotaChange | undefined;
  readonly password?: string | undefined;
};

type Change = Omit<UserChange, "quota"> & { readonly quota?: QuotaChange | undefined };

/** The names of principals that are nobody's. */
const reserved = new Set(["local", "system"]);

/**
 * Users, and who may do what to them: nobody hands out a permission they lack, nobody touches a user who holds more
 * than they do, and the last active admin stays one.
 */
export class Users {
  readonly #deps: UsersDeps;

  constructor(deps: UsersDeps) {
    this.#deps = deps;
  }

  async list(_call: Call, page: PageRequest & { readonly query?: string | undefined }) {
    return pageOf("users", await this.#deps.store.list(page));
  }

  async get(_call: Call, ref: string): Promise<User> {
    return this.#find(ref);
  }

  async create(call: Call, input: UserInput): Promise<User> {
    const { store, roles, passwords, now } = this.#deps;
    refuseReserved(input.username);
    const granted = await roles.resolve(input.role_ids);
    refuseGranting(call, granted);
    const email = input.email ?? null;
    if (input.password !== undefined) passwords.check(input.password, "/password", [input.username, email]);
    const user = {
      id: randomUUID(),
      username: input.username,
      email,
      display_name: input.display_name ?? input.username,
      role_ids: granted.map(({ id }) => id),
      active: input.active,
      quota: changedQuota(noQuota, input.quota ?? {}),
      password_hash: input.password === undefined ? null : await passwords.hash(input.password),
      created_at: now(),
    };
    return stored(await store.insert(user, event("user.created", user, "was created")), user.username, email);
  }

  async update(call: Call, ref: string, change: Change): Promise<User> {
    const { store, roles, now } = this.#deps;
    const before = await this.#find(ref);
    await this.#refuseUngoverned(call, before);
    const granted = change.role_ids === undefined ? undefined : await roles.resolve(change.role_ids);
    if (granted !== undefined) refuseGranting(call, granted);
    const role_ids = granted?.map(({ id }) => id);
    const after = {
      ...change,
      role_ids,
      quota: change.quota === undefined ? undefined : changedQuota(before.quota, change.quota),
      updated_at: now(),
    };
    const result = await store.update(before.id, after, changeEvent(before, { ...change, role_ids }));
    if (result === null) throw gone(ref);
    if (result === "last_admin") throw lastAdmin(before);
    return stored(result, before.username, change.email);
  }

  async delete(call: Call, ref: string, confirm: boolean): Promise<void> {
    const { store, spaces } = this.#deps;
    const user = await this.#find(ref);
    await this.#refuseUngoverned(call, user);
    const owned = await spaces.countOwnedBy(user.id);
    if (owned > 0) {
      throw new Problem(
        "conflict",
        `User "${user.username}" still owns ${owned} ${owned === 1 ? "space" : "spaces"}. Delete them first (list_spaces shows them), or set active to false to keep them.`,
      );
    }
    if (!confirm) {
      throw new Problem(
        "confirmation_required",
        `Deleting user "${user.username}" also deletes their tokens, sessions and memberships. Set confirm to true to do it.`,
      );
    }
    const result = await store.delete(user.id, event("user.deleted", user, "was deleted"));
    if (result === "last_admin") throw lastAdmin(user);
    if (result === null) throw gone(ref);
  }

  /** For someone who manages users; whoever knows the current password uses `changePassword`. */
  async setPassword(call: Call, ref: string, password: string): Promise<void> {
    const { store, passwords } = this.#deps;
    const user = await this.#find(ref);
    await this.#refuseUngoverned(call, user);
    if (user.id === call.principal.user_id) throw ownPassword();
    passwords.check(password, "/password", [user.username, user.email]);
    const hash = await passwords.hash(password);
    await store.setPassword(user.id, hash, null, passwordEvent(user));
  }

  /** Ends every other session, and gives the calling one another id. */
  async changePassword(call: Call, current: string, password: string): Promise<void> {
    const { store, passwords, sessions } = this.#deps;
    const user = await store.find(call.principal.user_id);
    if (user === null) {
      throw new Problem("conflict", "The machine's administrator has no password. Use set_password for a user.");
    }
    if (!(await passwords.verify(user.id, await store.passwordHash(user.id), current, call.ip))) {
      throw new Problem("invalid_input", "/current_password: is not your current password.", {
        errors: [{ path: "/current_password", message: "is not your current password" }],
      });
    }
    passwords.check(password, "/new_password", [user.username, user.email]);
    const { credential } = call.principal;
    const kept = credential.kind === "session" ? credential.id : null;
    await store.setPassword(user.id, await passwords.hash(password), kept, passwordEvent(user));
    if (kept !== null) await sessions.renew(kept);
  }

  async whoami(call: Call): Promise<Whoami> {
    const { store, roles, groups } = this.#deps;
    const { principal } = call;
    const user = (await store.find(principal.user_id)) ?? machineUser(principal);
    const memberships = user.group_ids.length === 0 ? [] : await groups.groupsOf(user.id);
    const held = await roles.resolve(user.role_ids);
    return {
      user,
      roles: held.map(({ id, name }) => ({ id, name })),
      groups: memberships.map(({ id, name }) => ({ id, name })),
      permissions: permissionNames.filter((name) => principal.permissions.has(name)),
      credential: {
        kind: principal.credential.kind,
        name: principal.credential.name,
        scopes: [...principal.scopes],
      },
      quota: effectiveQuota(
        user.quota,
        memberships.map(({ quota }) => quota),
      ),
    };
  }

  /** The limits that count for a user (see `effectiveQuota`); none for someone who is not a user of knot. */
  async limitsOf(userId: string): Promise<Quota> {
    const user = await this.#deps.store.find(userId);
    if (user === null) return noQuota;
    const memberships = await this.#deps.groups.groupsOf(userId);
    return effectiveQuota(
      user.quota,
      memberships.map(({ quota }) => quota),
    );
  }

  /** Null when there is no address, or no such user. */
  async emailOf(userId: string): Promise<string | null> {
    return (await this.#deps.store.find(userId))?.email ?? null;
  }

  async #find(ref: string): Promise<User> {
    const user = await this.#deps.store.find(ref);
    if (user === null) throw gone(ref);
    return user;
  }

  /** Otherwise someone who manages users could sign in as an admin after setting that admin's password. */
  async #refuseUngoverned(call: Call, user: User): Promise<void> {
    const held = await this.#deps.roles.resolve(user.role_ids);
    const missing = lacking(call.principal, permissionsOf(held));
    if (missing.length === 0) return;
    throw new Problem(
      "forbidden",
      `User "${user.username}" may do more than you (${missing.join(", ")}), so you cannot change them. Ask someone with the role "admin".`,
    );
  }
}

const permissionsOf = (roles: readonly Granted[]) => new Set(roles.flatMap(({ permissions }) => permissions));

function refuseGranting(call: Call, roles: readonly Granted[]): void {
  for (const role of roles) {
    const missing = lacking(call.principal, role.permissions);
    if (missing.length === 0) continue;
    throw new Problem(
      "forbidden",
      `Role "${role.name}" allows more than you may (${missing.join(", ")}), so you cannot give it. Ask someone with the role "admin".`,
    );
  }
}

function refuseReserved(username: string): void {
  if (!reserved.has(username)) return;
  throw new Problem("invalid_input", `/username: "${username}" is a name knot uses itself. Choose another one.`, {
    errors: [{ path: "/username", message: "is a name knot uses itself" }],
  });
}

function stored(result: User | Taken, username: string, email: string | null | undefined): User {
  if (!("taken" in result)) return result;
  throw new Problem(
    "conflict",
    result.taken === "email"
      ? `Another user has the e-mail address "${email}". Choose another one.`
      : `There is a user "${username}" already. Choose another name.`,
  );
}

/** A token or a session left open would otherwise be as good as the password. */
const ownPassword = () =>
  new Problem(
    "forbidden",
    "This is your own account: change_password changes its password, and asks for the present one.",
  );

const gone = (ref: string) => new Problem("not_found", `There is no user "${ref}".`);

const lastAdmin = (user: User) =>
  new Problem(
    "conflict",
    `User "${user.username}" is the last active admin. Give another active user the role "admin" first.`,
  );

type Subject = { readonly id: string; readonly username: string };

const event = (type: string, user: Subject, what: string): NewEvent => ({
  type,
  subject_kind: "user",
  subject_id: user.id,
  user_id: user.id,
  message: `User ${user.username} ${what}`,
  data: { username: user.username },
});

const passwordEvent = (user: Subject) => event("user.password_changed", user, "got a new password");

/** Named after the change that matters most to open connections. */
function changeEvent(before: User, change: Pick<UserChange, "active" | "role_ids">): NewEvent {
  if (change.active === false && before.active) return event("user.disabled", before, "was disabled");
  if (change.role_ids !== undefined) return event("user.roles_changed", before, "got other roles");
  if (change.active === true && !before.active) return event("user.enabled", before, "was enabled");
  return event("user.updated", before, "was changed");
}

const machineUser = (principal: Principal): User => ({
  id: principal.user_id,
  username: principal.username,
  email: null,
  display_name: principal.credential.name,
  role_ids: [],
  group_ids: [],
  active: true,
  has_password: false,
  quota: noQuota,
  created_at: 0,
  updated_at: 0,
  last_login_at: null,
});

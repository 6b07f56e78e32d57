import { createAuth, type SignInEntry } from "../auth/auth.ts";
import { Groups } from "../group/group.ts";
import { type Call, createCall } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";
import { Roles } from "../role/role.ts";
import { SqlCredentials } from "../store/credentials.ts";
import { SqlGroups } from "../store/groups.ts";
import { SqlRoles } from "../store/roles.ts";
import { SqlSessions } from "../store/sessions.ts";
import type { Store } from "../store/store.ts";
import { SqlTokens } from "../store/tokens.ts";
import { SqlUsers } from "../store/users.ts";
import { Tokens } from "../token/token.ts";
import { type UserInput, Users } from "../user/user.ts";

export const goodPassword = "three green kettles";

/** Users, groups, roles, tokens and auth on a real store, with a clock that tests move and hashes that cost little. */
export function identity(store: Store) {
  const clock = { at: Date.UTC(2026, 0, 1) };
  const now = () => clock.at;
  const owned = new Map<string, number>();
  const signIns: SignInEntry[] = [];
  const [users, groups] = [new SqlUsers(store), new SqlGroups(store)];
  const roles = new Roles({ store: new SqlRoles(store), now });
  const proofs = createAuth({
    users,
    accounts: new SqlCredentials(store),
    sessions: new SqlSessions(store),
    signIns: { record: async (entry) => void signIns.push(entry) },
    onEvents: (listener) => store.onEvents(listener),
    now,
    secure: false,
    passwordParameters: { memoryCost: 64, timeCost: 1, parallelism: 1, outputLen: 32 },
  });
  return {
    ...proofs,
    clock,
    signIns,
    owned,
    roles,
    groups: new Groups({ store: groups, users, now }),
    tokens: new Tokens({ store: new SqlTokens(store), users, groups, now }),
    users: new Users({
      store: users,
      roles,
      groups,
      spaces: { countOwnedBy: async (id) => owned.get(id) ?? 0 },
      passwords: proofs.passwords,
      sessions: proofs.sessions,
      now,
    }),
  };
}

export type Identity = ReturnType<typeof identity>;

/** A call over REST. */
export const callBy = (principal: Principal, overrides: Partial<Call> = {}): Call =>
  createCall({ principal, door: "rest", ...overrides });

/** A user with `goodPassword`, created on the machine itself, and signed in. */
export async function person(house: Identity, username: string, overrides: Partial<UserInput> = {}) {
  const user = await house.users.create(callBy(house.principals.local()), {
    username,
    role_ids: ["member"],
    active: true,
    password: goodPassword,
    ...overrides,
  });
  const { session_id, principal } = await house.auth.login({
    login: username,
    password: overrides.password ?? goodPassword,
    ip: "192.0.2.1",
    user_agent: "test",
  });
  return { user, session_id, principal, call: callBy(principal) };
}

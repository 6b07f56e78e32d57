import { createAuth, type SignInLog } from "../auth/auth.ts";
import { Groups } from "../group/group.ts";
import { Roles } from "../role/role.ts";
import { SqlCredentials } from "../store/credentials.ts";
import { SqlGroups } from "../store/groups.ts";
import { SqlRoles } from "../store/roles.ts";
import { SqlSessions } from "../store/sessions.ts";
import { SqlSpaces } from "../store/spaces.ts";
import type { Store } from "../store/store.ts";
import { SqlTokens } from "../store/tokens.ts";
import { SqlUsers } from "../store/users.ts";
import { Tokens } from "../token/token.ts";
import { Users } from "../user/user.ts";

type Deps = { readonly store: Store; readonly secure: boolean; readonly signIns: SignInLog };

/** Who there is and how they prove it: users, groups, roles, tokens, sessions. */
export function createIdentity({ store, secure, signIns }: Deps) {
  const now = Date.now;
  const users = new SqlUsers(store);
  const groups = new SqlGroups(store);
  const tokens = new SqlTokens(store);
  const credentials = new SqlCredentials(store);
  const roles = new Roles({ store: new SqlRoles(store), now });
  const auth = createAuth({
    users,
    accounts: credentials,
    sessions: new SqlSessions(store),
    signIns,
    onEvents: (listener) => store.onEvents(listener),
    now,
    secure,
  });
  return {
    ...auth,
    roles,
    groups: new Groups({ store: groups, users, now }),
    tokens: new Tokens({ store: tokens, users, groups, now }),
    users: new Users({
      store: users,
      roles,
      groups,
      spaces: new SqlSpaces(store),
      passwords: auth.passwords,
      sessions: auth.sessions,
      now,
    }),
    stores: { users, tokens },
  };
}

export type Identity = ReturnType<typeof createIdentity>;

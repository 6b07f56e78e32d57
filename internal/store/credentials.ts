import type { SignInAccount, SignInAccounts } from "../auth/auth.ts";
import type { CredentialStore, Holder, SessionCredential, TokenCredential } from "../auth/credential-store.ts";
import type { Store } from "./store.ts";

/** What signing in and every request read. */
export class SqlCredentials implements CredentialStore, SignInAccounts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async token(by: { readonly digest: string } | { readonly id: string }): Promise<TokenCredential | null> {
    const query = this.#store.db
      .selectFrom("tokens")
      .select(["id", "user_id", "name", "scopes", "group_id", "lineage", "expires_at", "last_used_at"]);
    const row = await ("id" in by
      ? query.where("id", "=", by.id)
      : query.where("digest", "=", by.digest)
    ).executeTakeFirst();
    return row === undefined ? null : { ...row, scopes: JSON.parse(row.scopes), lineage: JSON.parse(row.lineage) };
  }

  async session(digest: string): Promise<SessionCredential | null> {
    const row = await this.#store.db
      .selectFrom("sessions")
      .select(["id", "user_id", "expires_at", "last_seen_at"])
      .where("digest", "=", digest)
      .executeTakeFirst();
    return row ?? null;
  }

  async holder(userId: string): Promise<Holder | null> {
    const { db } = this.#store;
    const user = await db
      .selectFrom("users")
      .select(["username", "active"])
      .where("id", "=", userId)
      .executeTakeFirst();
    if (user === undefined) return null;
    const roles = await db
      .selectFrom("user_roles")
      .leftJoin("roles", "roles.id", "user_roles.role_id")
      .select(["user_roles.role_id", "roles.permissions"])
      .where("user_roles.user_id", "=", userId)
      .execute();
    const groups = await db.selectFrom("group_members").select("group_id").where("user_id", "=", userId).execute();
    return {
      user_id: userId,
      username: user.username,
      active: user.active === 1,
      group_ids: groups.map(({ group_id }) => group_id),
      roles: roles.map(({ role_id, permissions }) => ({
        id: role_id,
        permissions: permissions === null ? [] : JSON.parse(permissions),
      })),
    };
  }

  async touchToken(id: string, at: number): Promise<void> {
    await this.#store.db.updateTable("tokens").set({ last_used_at: at }).where("id", "=", id).execute();
  }

  async touchSession(id: string, at: number): Promise<void> {
    await this.#store.db.updateTable("sessions").set({ last_seen_at: at }).where("id", "=", id).execute();
  }

  async account(login: string): Promise<SignInAccount | null> {
    const row = await this.#store.db
      .selectFrom("users")
      .select(["id", "active", "password_hash"])
      .where((eb) => eb.or([eb("username", "=", login), eb("email", "=", login)]))
      .executeTakeFirst();
    return row === undefined ? null : { ...row, active: row.active === 1 };
  }

  async rehash(userId: string, from: string, to: string): Promise<void> {
    await this.#store.db
      .updateTable("users")
      .set({ password_hash: to })
      .where("id", "=", userId)
      .where("password_hash", "=", from)
      .execute();
  }
}

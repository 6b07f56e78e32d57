import type { Permission } from "../operation/permission.ts";
import type { Scope } from "../operation/principal.ts";

export type TokenCredential = {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly group_id: string | null;
  readonly lineage: readonly string[];
  readonly expires_at: number;
  readonly last_used_at: number | null;
};

export type SessionCredential = {
  readonly id: string;
  readonly user_id: string;
  readonly expires_at: number;
  readonly last_seen_at: number;
};

/** A user as far as access goes. A built-in role comes without its permissions: code knows them. */
export type Holder = {
  readonly user_id: string;
  readonly username: string;
  readonly active: boolean;
  readonly group_ids: readonly string[];
  readonly roles: readonly { readonly id: string; readonly permissions: readonly Permission[] }[];
};

/** What is read to find out who calls. */
export interface CredentialStore {
  token(by: { readonly digest: string } | { readonly id: string }): Promise<TokenCredential | null>;
  session(digest: string): Promise<SessionCredential | null>;
  holder(userId: string): Promise<Holder | null>;
  touchToken(id: string, at: number): Promise<void>;
  touchSession(id: string, at: number): Promise<void>;
}

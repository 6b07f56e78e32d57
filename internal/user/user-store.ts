import type { NewEvent } from "../event/schema.ts";
import type { Page, PageRequest } from "../operation/page.ts";
import type { Quota } from "../operation/quota.ts";
import type { User } from "./schema.ts";

/** A user to be stored; `password_hash` is null for one who cannot sign in with a password yet. */
export type NewUser = {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly display_name: string;
  readonly role_ids: readonly string[];
  readonly active: boolean;
  readonly quota: Quota;
  readonly password_hash: string | null;
  readonly created_at: number;
};

export type UserChange = {
  readonly email?: string | null | undefined;
  readonly display_name?: string | undefined;
  readonly role_ids?: readonly string[] | undefined;
  readonly active?: boolean | undefined;
  readonly quota?: Quota | undefined;
};

/** Which unique field another user holds already. */
export type Taken = { readonly taken: "username" | "email" };

/** Where users live. Each method is one transaction that also stores its event. */
export interface UserStore {
  /** Sorted by username; `query` matches part of the username, name or address. */
  list(page: PageRequest & { readonly query?: string | undefined }): Promise<Page<User>>;
  /** By id or username. */
  find(ref: string): Promise<User | null>;
  insert(user: NewUser, event: NewEvent): Promise<User | Taken>;
  /** Deactivating ends every session. Refuses to leave no active user with the role "admin" where there was one. */
  update(
    id: string,
    change: UserChange & { readonly updated_at: number },
    event: NewEvent,
  ): Promise<User | Taken | "last_admin" | null>;
  /** Takes sessions, tokens and memberships along. */
  delete(id: string, event: NewEvent): Promise<"deleted" | "last_admin" | null>;
  passwordHash(id: string): Promise<string | null>;
  /** Ends every session but `keepSession`. */
  setPassword(id: string, hash: string, keepSession: string | null, event: NewEvent): Promise<void>;
}

import type { NewEvent } from "../event/schema.ts";
import type { Door } from "../operation/call.ts";
import type { Effect } from "../operation/operation.ts";
import type { Page, PageRequest } from "../operation/page.ts";
import type { Credential } from "../operation/principal.ts";
import type { Sealed } from "../secret/secret.ts";
import type { ApprovalPolicy, ApprovalState } from "./schema.ts";

/** An approval as it is kept. */
export type StoredApproval = {
  readonly id: string;
  readonly user_id: string;
  readonly username: string;
  readonly credential_kind: Credential["kind"];
  readonly credential_id: string;
  readonly credential_name: string;
  /** The credential a person made, from which the calling one comes. */
  readonly credential_root: string;
  readonly door: Door;
  readonly client: string;
  readonly ip: string;
  readonly call_id: string;
  readonly tool: string;
  readonly origin: string;
  readonly label: string;
  readonly effect: Effect;
  readonly arguments: Sealed;
  /** A JSON array of JSON Pointers to the arguments that nobody may read; null when there are none. */
  readonly secret_fields: string | null;
  readonly args_hash: string;
  readonly schema_hash: string;
  readonly idempotency_key: string | null;
  /** By what a retry finds this row; at most one row has it. Null once the answer was collected. */
  readonly open_key: string | null;
  readonly state: ApprovalState;
  readonly created_at: number;
  readonly expires_at: number;
  readonly decided_by: string | null;
  readonly decided_by_name: string | null;
  readonly decided_at: number | null;
  readonly reason: string | null;
  readonly finished_at: number | null;
  readonly output: Sealed | null;
  readonly problem: Sealed | null;
  readonly collected_at: number | null;
};

export type ApprovalFilter = {
  readonly user_id?: string | undefined;
  readonly state?: ApprovalState | undefined;
};

export type ApprovalChange = {
  readonly from: readonly ApprovalState[];
  readonly set: Partial<StoredApproval>;
  /** Made from the row as it is after the change. */
  readonly event?: ((row: StoredApproval) => NewEvent) | undefined;
  /** Only when it has not expired by this time. */
  readonly unexpired_at?: number | undefined;
};

/** Keeps approvals. Every change commits together with its event. */
export interface ApprovalStore {
  /** Adds the row, or answers with the one that has its `open_key` already. */
  add(
    approval: StoredApproval,
    event: NewEvent,
  ): Promise<{ readonly added: boolean; readonly approval: StoredApproval }>;
  get(id: string): Promise<StoredApproval | null>;
  findOpen(open_key: string): Promise<StoredApproval | null>;
  /** Compare-and-set: null when the row is in none of the states of `from`. */
  change(id: string, change: ApprovalChange): Promise<StoredApproval | null>;
  /** Newest first. */
  list(filter: ApprovalFilter, page: PageRequest): Promise<Page<StoredApproval>>;
  inState(state: ApprovalState): Promise<readonly StoredApproval[]>;
  /** Pending ones whose time is over. */
  overdue(now: number): Promise<readonly StoredApproval[]>;
  /** Users with rows a retry could still find. */
  usersWithOpen(): Promise<readonly string[]>;
  /** Lets go of the open keys of ended rows that expired before this time. */
  release(expired_before: number): Promise<void>;
  /** Deletes ended rows created before this time. */
  prune(created_before: number): Promise<number>;
}

export type StoredPolicy = ApprovalPolicy & {
  /** The user it concerns; null when it concerns many. */
  readonly user_id: string | null;
};

/** Keeps approval policies; there are few, so they are read as a whole. */
export interface ApprovalPolicyStore {
  all(): Promise<readonly StoredPolicy[]>;
  /** Adds it, or replaces the mode of the one with the same subject, tool and set_by. */
  put(policy: StoredPolicy): Promise<StoredPolicy>;
  /** Whether there was one. */
  delete(id: string): Promise<boolean>;
}

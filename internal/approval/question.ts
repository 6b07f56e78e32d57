import { randomUUID } from "node:crypto";
import type { Call } from "../operation/call.ts";
import { rootOf } from "../operation/principal.ts";
import { printable } from "../operation/printable.ts";
import { hashOf } from "../operation/schema.ts";
import type { Capability } from "../operation/waist.ts";
import type { Vault } from "../secret/secret.ts";
import type { StoredApproval } from "./approval-store.ts";

/** What makes two calls the same question. */
export type Question = { readonly tool: string; readonly args_hash: string; readonly open_key: string };

/** The same key of the same user, or else the same arguments with the same credential. */
export function questionOf(
  capability: Pick<Capability, "name">,
  input: unknown,
  call: Call,
  vault: Pick<Vault, "fingerprint">,
): Question {
  const tool = capability.name;
  const args_hash = vault.fingerprint(hashOf(input ?? {}));
  const { user_id, credential } = call.principal;
  const open_key =
    call.idempotency_key === undefined
      ? hashOf(["arguments", user_id, credential.kind, credential.id, tool, args_hash])
      : hashOf(["key", user_id, tool, call.idempotency_key]);
  return { tool, args_hash, open_key };
}

/** A call as it stands before the gate. */
export type Asking = {
  readonly capability: Capability;
  readonly input: unknown;
  readonly label: string;
  readonly call: Call;
};

type Kept = {
  readonly vault: Vault;
  /** JSON Pointers into the input. */
  readonly secrets: readonly string[];
  readonly created_at: number;
  readonly expires_at: number;
};

/** The row of a call that waits, until `expires_at`. */
export function pendingRow(
  { capability, input, label, call }: Asking,
  question: Question,
  { vault, secrets, created_at, expires_at }: Kept,
): StoredApproval {
  const id = randomUUID();
  const { user_id, username, credential } = call.principal;
  return {
    ...{ id, user_id, username },
    credential_kind: credential.kind,
    credential_id: credential.id,
    credential_name: printable(credential.name, 200),
    credential_root: rootOf(credential),
    door: call.door,
    client: printable(call.client, 200),
    ip: call.ip,
    call_id: call.id,
    tool: capability.name,
    origin: capability.origin,
    label: printable(label),
    effect: capability.effect,
    arguments: vault.seal(`approvals/${id}/arguments`, JSON.stringify(input ?? {})),
    secret_fields: secrets.length === 0 ? null : JSON.stringify(secrets),
    args_hash: question.args_hash,
    schema_hash: capability.schema_hash,
    idempotency_key: call.idempotency_key ?? null,
    open_key: question.open_key,
    state: "pending",
    ...{ created_at, expires_at },
    ...{ decided_by: null, decided_by_name: null, decided_at: null, reason: null },
    ...{ finished_at: null, output: null, problem: null, collected_at: null },
  };
}

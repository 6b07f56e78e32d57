import type { Call } from "../operation/call.ts";
import { hashOf } from "../operation/schema.ts";
import type { Capability } from "../operation/waist.ts";

/** What makes two calls the same question. */
export type Question = { readonly tool: string; readonly args_hash: string; readonly open_key: string };

/** The same key of the same user, or else the same arguments with the same credential. */
export function questionOf(capability: Pick<Capability, "name">, input: unknown, call: Call): Question {
  const tool = capability.name;
  const args_hash = hashOf(input ?? {});
  const { user_id, credential } = call.principal;
  const open_key =
    call.idempotency_key === undefined
      ? hashOf(["arguments", user_id, credential.kind, credential.id, tool, args_hash])
      : hashOf(["key", user_id, tool, call.idempotency_key]);
  return { tool, args_hash, open_key };
}

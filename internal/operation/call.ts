import { randomUUID } from "node:crypto";
import type { Principal } from "./principal.ts";

/** Through which door a call came in; decides the default approval and the scope that is needed. */
export type Door = "web" | "rest" | "cli" | "mcp" | "assistant" | "schedule" | "system";

/** How far a long call is. `percent` is 0 to 100 and only present when it is known. */
export type Progress = { readonly message: string; readonly percent?: number | undefined };

/** Everything about a call except its input. Doors make one for each request and hand it to the registry. */
export type Call = {
  readonly id: string;
  readonly principal: Principal;
  readonly door: Door;
  /** The program that calls, as it names itself: user agent or MCP clientInfo. Untrusted text. */
  readonly client: string;
  readonly ip: string;
  /** Aborted when the caller goes away, cancels, or the daemon stops. */
  readonly signal: AbortSignal;
  readonly report: (progress: Progress) => void;
  /** Calls of one user to one operation with the same key have one effect and one answer. */
  readonly idempotency_key?: string | undefined;
  /** The approval this call is a retry of. It is only a hint: the gate checks that it fits. */
  readonly approval_id?: string | undefined;
  /** The caller's own person said no to the question of `approval_id`: it is withdrawn, and the call is not made. */
  readonly declined?: boolean | undefined;
};

/** A call with the parts a door may leave out filled in. */
export function createCall(parts: Pick<Call, "principal" | "door"> & Partial<Call>): Call {
  return {
    id: randomUUID(),
    client: "",
    ip: "",
    signal: new AbortController().signal,
    report: () => {},
    ...parts,
  };
}

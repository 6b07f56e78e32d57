import { hashOf } from "../operation/schema.ts";
import { Problem } from "../problem/problem.ts";
import type { Vault } from "../secret/secret.ts";
import type { ToolResult } from "../tool/tool.ts";
import type { Visit } from "./visit.ts";

/** How a client can be asked: at an address, with a form, or not at all. */
export type Elicitation = "url" | "form" | null;

/** The call that waits: a sealed state is good for this one only. */
export type Asked = { readonly visit: Visit; readonly name: string; readonly args: unknown };

type Pending = {
  readonly id: string;
  readonly label: string;
  readonly url: string | null;
  readonly expires_at: number | null;
};

/** A 2026-07-28 result that asks the client for more before the call can go on (MRTR). */
export type InputRequired = {
  readonly resultType: "input_required";
  readonly inputRequests: Readonly<Record<string, { readonly method: string; readonly params: object }>>;
  readonly requestState: string;
};

type State = {
  readonly args_hash: string;
  readonly approval_id: string;
  readonly expires_at: number;
};

const fallbackLifeMs = 24 * 3_600_000;
const inputKey = "approval";

/**
 * The `input_required` answer of a call that waits for a person, and the way back from its retry. The state travels
 * through the client, so it is sealed and bound to user, credential, tool and arguments; what is approved is decided
 * by the approval itself, never by what the client says.
 */
export class ApprovalStates {
  readonly #vault: Vault;
  readonly #now: () => number;

  constructor(vault: Vault, now: () => number = Date.now) {
    this.#vault = vault;
    this.#now = now;
  }

  ask(problem: Problem, asked: Asked, how: "url" | "form"): InputRequired {
    const pending = pendingOf(problem);
    const state: State = {
      args_hash: hashOf(asked.args ?? {}),
      approval_id: pending.id,
      expires_at: pending.expires_at ?? this.#now() + fallbackLifeMs,
    };
    const params =
      how === "url" && pending.url !== null
        ? { mode: "url", message: `Approve this call: ${pending.label}`, url: pending.url }
        : { mode: "form", message: problem.message, requestedSchema: { type: "object", properties: {} } };
    return {
      resultType: "input_required",
      inputRequests: { [inputKey]: { method: "elicitation/create", params } },
      requestState: this.#vault.seal(placeOf(asked), JSON.stringify(state)),
    };
  }

  /** The approval a retry is about; null when the state is not ours, is of another call, or has expired. */
  approvalOf(sealed: string, asked: Asked): string | null {
    try {
      const state: State = JSON.parse(this.#vault.open(placeOf(asked), sealed));
      const fits = state.args_hash === hashOf(asked.args ?? {}) && state.expires_at > this.#now();
      return fits ? state.approval_id : null;
    } catch {
      return null;
    }
  }
}

/** Whether the person at the client said no. Their no ends the call here; the approval itself stays for its deciders. */
export function isDeclined(inputResponses: Readonly<Record<string, unknown>> | undefined): boolean {
  const answer = inputResponses?.[inputKey];
  const action = (answer as { action?: unknown } | null | undefined)?.action;
  return action === "decline" || action === "cancel";
}

/** The `approval_required` a result reports; null for any other result. */
export function approvalProblemOf(result: ToolResult): Problem | null {
  const document = result.structuredContent;
  if (result.isError !== true || document?.["code"] !== "approval_required") return null;
  return new Problem("approval_required", String(document["detail"] ?? ""), {
    extra: { approval: document["approval"] },
  });
}

/** What a client that cannot be asked is told: which approval waits, where, and until when. */
export function pendingResult(problem: Problem, callId: string): ToolResult {
  const pending = pendingOf(problem);
  const until = pending.expires_at === null ? "" : `, until ${new Date(pending.expires_at).toISOString()}`;
  const where = pending.url === null ? "" : ` at ${pending.url}`;
  const text = `${problem.message}\nApproval ${pending.id} (${pending.label}) waits for a decision${where}${until}.`;
  return { content: [{ type: "text", text }], structuredContent: problem.toDocument(callId), isError: true };
}

const placeOf = ({ visit: { principal }, name }: Asked): string =>
  ["mcp/request_state", principal.user_id, principal.credential.kind, principal.credential.id, name].join("/");

function pendingOf(problem: Problem): Pending {
  const approval = (problem.extra["approval"] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    id: String(approval["id"] ?? ""),
    label: String(approval["label"] ?? "this call"),
    url: typeof approval["url"] === "string" && /^https?:/.test(approval["url"]) ? approval["url"] : null,
    expires_at: typeof approval["expires_at"] === "number" ? approval["expires_at"] : null,
  };
}

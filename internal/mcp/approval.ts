import { hashOf } from "../operation/schema.ts";
import { Problem } from "../problem/problem.ts";
import type { Vault } from "../secret/secret.ts";
import type { ToolResult } from "../tool/tool.ts";
import type { Visit } from "./visit.ts";

/** How a client can be asked: at an address, with a form, or not at all. */
export type Elicitation = "url" | "form" | null;

export type Said = "accept" | "decline" | "cancel";

/** The call that waits: a sealed state is good for this one only. */
export type Asked = { readonly visit: Visit; readonly name: string; readonly args: unknown };

/** What a problem says of the approval its call waits for. */
export type Pending = {
  readonly id: string;
  readonly label: string;
  /** Whether someone still has to decide; else the call runs already. */
  readonly isOpen: boolean;
  readonly url: string;
  readonly created_at: number;
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

const dayMs = 24 * 3_600_000;
const inputKey = "approval";

/**
 * The `input_required` answer of a call that waits for a person, and the way back from its retry. The state travels
 * through the client, so it is sealed and bound to user, credential, tool and arguments; what is approved is decided
 * by the approval itself, never by what the client says.
 */
export class ApprovalStates {
  readonly #vault: Vault;
  readonly #baseUrl: string;
  readonly #now: () => number;

  /** `baseUrl` is where people find the page of an approval. */
  constructor(vault: Vault, baseUrl: string, now: () => number = Date.now) {
    this.#vault = vault;
    this.#baseUrl = baseUrl;
    this.#now = now;
  }

  /** Null when there is nothing left to ask: the call was approved and runs. */
  ask(problem: Problem, asked: Asked, how: "url" | "form"): InputRequired | null {
    const pending = this.pending(problem);
    if (!pending.isOpen) return null;
    const state: State = {
      args_hash: hashOf(asked.args ?? {}),
      approval_id: pending.id,
      // longer than the question, so that who comes back late hears what became of it
      expires_at: (pending.expires_at ?? this.#now()) + dayMs,
    };
    const message = `Approve this call: ${pending.label}`;
    const params =
      how === "url"
        ? { mode: "url", message, url: pending.url }
        : {
            mode: "form",
            message: `${message}. It is decided at ${pending.url}; accept here to wait for that, decline to drop the call.`,
            requestedSchema: { type: "object", properties: {} },
          };
    return {
      resultType: "input_required",
      inputRequests: { [inputKey]: { method: "elicitation/create", params } },
      requestState: this.#vault.seal(placeOf(asked), JSON.stringify(state)),
    };
  }

  /** What a client that cannot be asked is told beside the problem: which approval waits, where, and until when. */
  tell(problem: Problem, result: ToolResult): ToolResult {
    const { id, label, isOpen, url, expires_at } = this.pending(problem);
    if (!isOpen) return result;
    const until = expires_at === null ? "" : `, until ${new Date(expires_at).toISOString()}`;
    const text = `Approval ${id} (${label}) waits for a decision at ${url}${until}. Called again, the tool waits for it.`;
    return { ...result, content: [...result.content, { type: "text", text }] };
  }

  pending(problem: Problem): Pending {
    return pendingOf(problem, this.#baseUrl);
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

/** What the person at the client said to the question; `cancel` is to have said nothing. Null when there is no answer. */
export function saidOf(inputResponses: Readonly<Record<string, unknown>> | undefined): Said | null {
  const action = (inputResponses?.[inputKey] as { action?: unknown } | null | undefined)?.action;
  return action === "accept" || action === "decline" || action === "cancel" ? action : null;
}

/** The `approval_required` a result reports; null for any other result. */
export function approvalProblemOf({ isError, structuredContent, _meta }: ToolResult): Problem | null {
  if (isError !== true) return null;
  for (const document of [
    structuredContent,
    _meta?.["knot/problem"] as Readonly<Record<string, unknown>> | undefined,
  ]) {
    if (document?.["code"] !== "approval_required") continue;
    return new Problem("approval_required", String(document["detail"] ?? ""), {
      extra: { approval: document["approval"] },
    });
  }
  return null;
}

const placeOf = ({ visit: { principal }, name }: Asked): string =>
  ["mcp/request_state", principal.user_id, principal.credential.kind, principal.credential.id, name].join("/");

function pendingOf(problem: Problem, baseUrl: string): Pending {
  const approval = (problem.extra["approval"] ?? {}) as Readonly<Record<string, unknown>>;
  const id = String(approval["id"] ?? "");
  const url = new URL(String(approval["url"] ?? `/approvals/${id}`), baseUrl);
  return {
    id,
    label: String(approval["label"] ?? "this call"),
    isOpen: (approval["state"] ?? "pending") === "pending",
    url: /^https?:$/.test(url.protocol) ? url.href : baseUrl,
    created_at: typeof approval["created_at"] === "number" ? approval["created_at"] : Number.POSITIVE_INFINITY,
    expires_at: typeof approval["expires_at"] === "number" ? approval["expires_at"] : null,
  };
}

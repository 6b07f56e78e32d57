import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Call, Progress } from "../operation/call.ts";
import { type Problem, problemOf } from "../problem/problem.ts";
import type { ToolResult } from "../tool/tool.ts";
import {
  type ApprovalStates,
  approvalProblemOf,
  type Elicitation,
  type InputRequired,
  type Pending,
  type Said,
  saidOf,
} from "./approval.ts";
import { type Hold, holdFor } from "./decisions.ts";
import type { Catalogue, ListedTool } from "./ports.ts";
import { callOf, type Visit } from "./visit.ts";

export type ToolDeps = {
  readonly catalogue: Catalogue;
  readonly states: ApprovalStates;
  /** How a caller who comes back early waits; left out, nobody waits. */
  readonly hold?: Hold | undefined;
  /** Called with what must not reach the client. */
  readonly onInternal: (cause: unknown, where: string) => void;
};

/** A tools/call after the protocol has been taken off it. */
export type ToolCall = {
  readonly visit: Visit;
  readonly name: string;
  readonly args: unknown;
  /** The name the client gives itself. */
  readonly client: string;
  readonly signal: AbortSignal;
  readonly report?: ((progress: Progress) => void) | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  readonly elicitation: Elicitation;
  readonly requestState?: string | undefined;
  readonly inputResponses?: Readonly<Record<string, unknown>> | undefined;
};

/** A tool as `tools/list` shows it (2025-11-25 and 2026-07-28, schema Tool). */
export type WireTool = {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [key: string]: unknown };
  readonly outputSchema?: { readonly type: "object"; readonly [key: string]: unknown };
  readonly annotations?: object;
};

const wireTools = new WeakMap<ListedTool, WireTool>();

/** What this visit's principal is shown, in the catalogue's order. */
export const listTools = ({ catalogue }: ToolDeps, visit: Visit): readonly WireTool[] =>
  catalogue.list(callOf(visit), visit.mode).map(wireToolOf);

function wireToolOf(tool: ListedTool): WireTool {
  let wire = wireTools.get(tool);
  if (wire === undefined) {
    wire = {
      name: tool.name,
      ...(tool.title === "" ? {} : { title: tool.title }),
      description: tool.description,
      inputSchema: tool.input_schema as WireTool["inputSchema"],
      ...(tool.output_schema === null ? {} : { outputSchema: tool.output_schema as WireTool["inputSchema"] }),
      annotations: tool.annotations,
    };
    wireTools.set(tool, wire);
  }
  return wire;
}

/** The tool a visit would call by this name, for its schema; undefined when it may not see it. */
export function findTool({ catalogue }: ToolDeps, visit: Visit, name: string): ListedTool | undefined {
  const call = callOf(visit);
  if (catalogue.find !== undefined) return catalogue.find(name, call);
  return catalogue.list(call, "native").find((tool) => tool.name === name);
}

/** Calls a tool and never throws but for what JSON-RPC itself has to refuse: an unknown tool, a state that is not ours. */
export async function callTool(deps: ToolDeps, asked: ToolCall): Promise<ToolResult | InputRequired> {
  const approval_id = approvalIdOf(deps, asked);
  const said = approval_id === undefined ? null : saidOf(asked.inputResponses);
  const began = Date.now();
  const call = callOf(asked.visit, {
    client: asked.client,
    signal: asked.signal,
    ...(asked.report === undefined ? {} : { report: asked.report }),
    approval_id,
    ...(said === "decline" ? { declined: true } : {}),
    idempotency_key: textOf(asked.meta?.["knot/idempotency_key"]),
  });
  const answer = await attempt(deps, asked, call);
  if (answer.waits === null) return answer.result;
  const pending = deps.states.pending(answer.waits);
  const comesBack = said === "accept" || (asked.elicitation === null && pending.created_at < began);
  const isOver = comesBack && (await isOverSoon(pending, call, deps.hold, asked.report !== undefined));
  if (!isOver) return waiting(deps, asked, said, answer.waits, answer.result);
  const { result, waits } = await attempt(deps, asked, { ...call, approval_id: pending.id });
  return waits === null ? result : waiting(deps, asked, said, waits, result);
}

type Answer = { readonly result: ToolResult; readonly waits: Problem | null };

/** One way through the catalogue; `waits` when a person has to decide first. */
async function attempt(deps: ToolDeps, { name, args }: ToolCall, call: Call): Promise<Answer> {
  try {
    const result = await deps.catalogue.call(name, args ?? {}, call);
    return { result, waits: approvalProblemOf(result) };
  } catch (thrown) {
    const problem = problemOf(thrown);
    const result = errorResult(problem, call.id);
    if (problem.code === "approval_required") return { result, waits: problem };
    if (problem.code === "not_found") throw new ProtocolError(ProtocolErrorCode.InvalidParams, problem.message);
    if (problem.code === "internal") deps.onInternal(problem.cause, `tools/call ${name}`);
    return { result, waits: null };
  }
}

/** Whether there is an answer after a wait; a caller who went away gets none. */
const isOverSoon = async (pending: Pending, call: Call, hold: Hold | undefined, follows: boolean): Promise<boolean> =>
  hold !== undefined && (await holdFor(pending, call, hold, follows).catch(() => false));

function approvalIdOf({ states }: ToolDeps, asked: ToolCall): string | undefined {
  if (asked.requestState === undefined) return textOf(asked.meta?.["knot/approval_id"]);
  const approval_id = states.approvalOf(asked.requestState, asked);
  if (approval_id === null) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Invalid or expired requestState", {
      reason: "invalid_request_state",
    });
  }
  return approval_id;
}

function waiting({ states }: ToolDeps, asked: ToolCall, said: Said | null, problem: Problem, result: ToolResult) {
  const how = said === "decline" || said === "cancel" ? null : asked.elicitation;
  return (how === null ? null : states.ask(problem, asked, how)) ?? states.tell(problem, result);
}

const errorResult = (problem: Problem, callId: string): ToolResult => ({
  content: [{ type: "text", text: `${problem.code}: ${problem.message}` }],
  structuredContent: problem.toDocument(callId),
  isError: true,
});

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value.length <= 256 ? value : undefined;

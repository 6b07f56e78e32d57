import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type Implementation,
  type InputRequiredResult,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerCapabilities,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { ToolResult } from "../tool/tool.ts";
import type { Elicitation } from "./approval.ts";
import type { FixtureSource } from "./fixture-source.ts";
import { progressOf } from "./progress.ts";
import { callTool, findTool, listTools, type ToolDeps } from "./tools.ts";
import { visiting, visitOf } from "./visit.ts";

export type Era = "modern" | "legacy";

export type EndpointDeps = ToolDeps & {
  readonly info: Implementation;
  readonly instructions: string;
  readonly fixtures?: FixtureSource | undefined;
};

/** How long a client may keep a list before it asks again; a client that listens hears of changes at once. */
export const listTtlMs = 5000;
const discoverTtlMs = 60_000;

/**
 * One server of the SDK: for a single request (2026-07-28) or a session (2025). It is an McpServer, since only for
 * those the SDK compares `Mcp-Param-*` headers with the arguments, but lists and calls through the catalogue.
 */
export class Endpoint extends McpServer {
  readonly #deps: EndpointDeps;

  constructor(deps: EndpointDeps, era: Era) {
    super(deps.info, {
      capabilities: capabilitiesOf(deps.fixtures),
      instructions: deps.instructions,
      cacheHints: {
        "tools/list": { ttlMs: listTtlMs, cacheScope: "private" },
        "server/discover": { ttlMs: discoverTtlMs, cacheScope: "private" },
      },
    });
    this.#deps = deps;
    const { server } = this;
    server.setRequestHandler("tools/list", (request, ctx) => {
      if (request.params?.cursor !== undefined) {
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Unknown cursor: the list has one page.");
      }
      return { tools: [...listTools(deps, visitOf(ctx.http?.authInfo))] };
    });
    server.setRequestHandler("tools/call", (request, ctx) => this.#call(request.params, ctx, era));
    if (era === "legacy") server.fallbackRequestHandler = async ({ method }) => emptyList(method);
    deps.fixtures?.install(this, era);
  }

  /** Part of the SDK's own class, though it calls it internal: the version is pinned. */
  override toolInputSchemaJson(name: string): Record<string, unknown> | undefined {
    const visit = visiting.getStore();
    return visit && (findTool(this.#deps, visit, name)?.input_schema as Record<string, unknown> | undefined);
  }

  async #call(params: Called, ctx: ServerContext, era: Era): Promise<CallToolResult | InputRequiredResult> {
    const deps = this.#deps;
    const visit = visitOf(ctx.http?.authInfo);
    const fixture = deps.fixtures?.answer(params, ctx, this);
    if (fixture !== undefined) return fixture;
    const answer = await callTool(deps, {
      visit,
      name: params.name,
      args: params.arguments,
      client: this.#clientName(),
      signal: ctx.mcpReq.signal,
      report: progressOf(ctx),
      meta: ctx.mcpReq._meta,
      elicitation: era === "modern" ? elicitationOf(capabilitiesFrom(ctx)) : null,
      requestState: ctx.mcpReq.requestState<string>(),
      inputResponses: ctx.mcpReq.inputResponses,
    });
    await logFailure(ctx, params.name, answer as ToolResult);
    if (era === "modern") return answer as CallToolResult | InputRequiredResult;
    const schema = findTool(deps, visit, params.name)?.output_schema ?? undefined;
    return this.server.projectCallToolResult(answer as CallToolResult, schema);
  }

  #clientName(): string {
    const client = this.server.getClientVersion();
    return client === undefined ? "" : `${client.name} ${client.version}`;
  }
}

/** For people who watch a client's log: which calls failed. Clients of 2026-07-28 get it when they ask for a level. */
async function logFailure(ctx: ServerContext, tool: string, { isError, content }: ToolResult): Promise<void> {
  if (isError !== true) return;
  await ctx.mcpReq.log("warning", { tool, message: content[0]?.["text"] ?? "failed" }, "knot");
}

type Called = { readonly name: string; readonly arguments?: Record<string, unknown> | undefined };

const capabilitiesOf = (fixtures: FixtureSource | undefined): ServerCapabilities => ({
  tools: { listChanged: true },
  logging: {},
  ...fixtures?.capabilities,
});

/** What some 2025 clients ask without looking at the capabilities: there is nothing of the kind, which is no mistake. */
function emptyList(method: string): Record<string, unknown> {
  if (method === "prompts/list") return { prompts: [] };
  if (method === "resources/list") return { resources: [] };
  if (method === "resources/templates/list") return { resourceTemplates: [] };
  throw new ProtocolError(ProtocolErrorCode.MethodNotFound, "Method not found");
}

/** How a client with these capabilities can be asked; an empty declaration means forms (2025-11-25, ClientCapabilities). */
export function elicitationOf(capabilities: { readonly elicitation?: unknown } | undefined): Elicitation {
  const elicitation = capabilities?.elicitation as { url?: unknown } | undefined;
  if (elicitation === undefined) return null;
  return elicitation.url === undefined ? "form" : "url";
}

function capabilitiesFrom(ctx: ServerContext): ClientCapabilities | undefined {
  const envelope: { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } = ctx.mcpReq.envelope ?? {};
  return envelope[CLIENT_CAPABILITIES_META_KEY];
}

import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../problem/problem.ts";
import { addBodyParser } from "./body.ts";
import { addCors, answerPreflight } from "./cors.ts";
import { eraOf, modernVersion } from "./era.ts";
import type { Exchanges } from "./exchanges.ts";
import type { Lane } from "./fast-lane.ts";
import type { Gate } from "./gate.ts";
import type { Served } from "./legacy.ts";
import type { ToolMode } from "./ports.ts";
import { sendRefusal } from "./refusal.ts";
import { authOf, type Visit, visiting } from "./visit.ts";

/** Serves one request in one era, to the end of its answer. */
export type Serve = (request: Served, response: ServerResponse, body: unknown) => Promise<void>;

/** What the routes of the endpoint stand on. */
export type Routes = {
  readonly gate: Gate;
  /** How a request sees the tools that does not say so itself. */
  readonly mode: ToolMode;
  readonly bodyLimit: number;
  readonly lane: Lane | null;
  readonly exchanges: Exchanges;
  readonly serve: { readonly modern: Serve; readonly legacy: Serve };
  readonly onInternal: (cause: unknown, where: string) => void;
};

const path = "/mcp";
const methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] as const;

/** Adds the routes to a scope of their own: what they answer to mistakes is JSON-RPC, not what the rest of the server says. */
export function addRoutes(scope: FastifyInstance, routes: Routes): void {
  const { gate, exchanges, lane, serve, onInternal } = routes;
  const visits = new WeakMap<FastifyRequest, Visit>();
  addBodyParser(scope, routes.bodyLimit);
  scope.setErrorHandler((thrown, request, reply) => {
    const isKnown = thrown instanceof Problem || "statusCode" in (thrown as object);
    if (!isKnown) onInternal(thrown, `${request.method} ${path}`);
    return sendRefusal(request, reply, thrown);
  });
  // before the body is read: a stranger's body is not worth parsing
  scope.addHook("onRequest", async (request, reply) => {
    gate.checkAddress(request);
    addCors(request, reply);
    if (!served.has(request.method)) return;
    const principal = await gate.admit(request, "use");
    const agent = String(request.headers["user-agent"] ?? "");
    visits.set(request, { principal, mode: modeOf(request) ?? routes.mode, ip: request.ip, agent });
  });
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.method === "OPTIONS") return answerPreflight(request, reply);
    const visit = visits.get(request);
    if (visit === undefined || isStreamOfNoEra(request)) return refuseMethod(reply);
    exchanges.add({ response: reply.raw, principal: visit.principal, prove: () => gate.admit(request, "check") });
    const answer = lane?.(request, reply.raw, visit);
    if (answer) return reply.type("application/json").send(await answer);
    takeOver(reply);
    const raw = Object.assign(request.raw, { auth: authOf(visit) });
    await visiting
      .run(visit, () => serve[eraOf(request)](raw, reply.raw, request.body))
      .catch((cause) => {
        onInternal(cause, `${request.method} ${path}`);
        reply.raw.destroy();
      });
    return reply;
  };
  scope.route({ method: [...methods], url: path, handler });
}

const served: ReadonlySet<string> = new Set(["DELETE", "GET", "POST"]);

/** 2026-07-28 has POST alone; the method alone does not tell the era. */
const isStreamOfNoEra = ({ method, headers }: FastifyRequest): boolean =>
  method !== "POST" && headers["mcp-protocol-version"] === modernVersion;

/** Leaves the answer to the SDK, with the headers that every answer of the server has. */
function takeOver(reply: FastifyReply): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
}

const refuseMethod = (reply: FastifyReply): FastifyReply => {
  const error = { code: -32000, message: "Method not allowed." };
  return reply.code(405).header("allow", "GET, POST, DELETE, OPTIONS").send({ jsonrpc: "2.0", id: null, error });
};

/** How this request wants to see the tools: `?mode=`, else `X-MCP-Show-All`; null when it does not say. */
function modeOf(request: FastifyRequest): ToolMode | null {
  const query = new URLSearchParams(request.url.split("?")[1] ?? "");
  const mode = query.get("mode");
  if (mode === "native" || mode === "discovery") return mode;
  if (mode !== null) throw new Problem("malformed", 'The mode is either "native" or "discovery".');
  return String(request.headers["x-mcp-show-all"] ?? "").toLowerCase() === "true" ? "native" : null;
}

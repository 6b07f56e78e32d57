import type { ServerResponse } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../problem/problem.ts";
import { Vault } from "../secret/secret.ts";
import { ApprovalStates } from "./approval.ts";
import { addBodyParser } from "./body.ts";
import { Changes } from "./changes.ts";
import { addCors, answerPreflight } from "./cors.ts";
import { Endpoint, type EndpointDeps } from "./endpoint.ts";
import { eraOf } from "./era.ts";
import { Exchanges } from "./exchanges.ts";
import { assertFixturesAllowed, type FixtureSource } from "./fixture-source.ts";
import { createGate } from "./gate.ts";
import { createLegacy, type Served } from "./legacy.ts";
import type { Authenticate, Catalogue, Ended, McpConfig, ToolMode } from "./ports.ts";
import { sendRefusal } from "./refusal.ts";
import { Sessions } from "./sessions.ts";
import { UserBus } from "./user-bus.ts";
import { authOf, type Visit, visiting } from "./visit.ts";

export type McpDeps = {
  readonly authenticate: Authenticate;
  readonly catalogue: Catalogue;
  readonly config: McpConfig;
  /** What a client's model reads first. */
  readonly instructions: string;
  readonly version: string;
  /** 32 random bytes that outlive restarts: seals what clients carry for us. */
  readonly stateKey: Buffer;
  /** Tells whose connections have to prove themselves again. Returns the way to stop. */
  readonly onRevoked?: (listener: (ended: Ended) => void) => () => void;
  /** Where `internal` problems go: the daemon's log. */
  readonly onInternal?: (cause: unknown, where: string) => void;
  /** The conformance suite's tools, resources and prompts; refused outside of tests. */
  readonly fixtures?: FixtureSource;
  /** Bytes; a file written over MCP has to fit. */
  readonly bodyLimit?: number;
  /** How often open streams prove themselves again, in milliseconds; tests shorten it. */
  readonly recheckMs?: number;
};

/** The mounted endpoint, for health and metrics. */
export type McpDoor = {
  /** Sessions of 2025 clients; clients of 2026-07-28 have none. */
  readonly sessions: () => number;
  /** Streams and calls that are open now. */
  readonly open: () => number;
};

const path = "/mcp";
const defaultBodyLimit = 4 * 1024 * 1024;
const defaultRecheckMs = 5000;
const maxListens = 4096;

/** Adds the MCP endpoint: both protocol eras on one URL, everything it keeps ended with the server. */
export function mountMcp(server: FastifyInstance, deps: McpDeps): McpDoor {
  if (deps.fixtures !== undefined) assertFixturesAllowed(deps.config.url, process.env);
  const onInternal = deps.onInternal ?? (() => {});
  const endpointDeps: EndpointDeps = {
    catalogue: deps.catalogue,
    states: new ApprovalStates(new Vault(deps.stateKey), deps.config.url),
    onInternal,
    info: { name: "knot", title: "knot", version: deps.version },
    instructions: deps.instructions,
    fixtures: deps.fixtures,
  };
  const bus = new UserBus();
  const sessions = new Sessions({
    idle_ms: deps.config.session_idle_seconds * 1000,
    max: deps.config.max_sessions,
    createEndpoint: () => new Endpoint(endpointDeps, "legacy"),
  });
  const changes = new Changes(bus, sessions);
  deps.fixtures?.start((list) => (list === "tools" ? changes.add(null) : changes.promptsChanged()));
  const exchanges = new Exchanges({
    recheck_ms: deps.recheckMs ?? defaultRecheckMs,
    onEnded: (principal) => sessions.endAll({ user_id: principal.user_id, credential_id: principal.credential.id }),
    onRightsChanged: ({ user_id }) => changes.add(user_id),
  });
  const modern = createMcpHandler(() => new Endpoint(endpointDeps, "modern"), {
    legacy: "reject",
    bus,
    maxSubscriptions: maxListens,
  });
  const parts = {
    deps,
    exchanges,
    serveModern: toNodeHandler(modern) as Serve,
    serveLegacy: createLegacy(sessions),
    onInternal,
  };
  server.register(async (scope) => addRoutes(scope, parts));
  const stops = [
    deps.catalogue.onChange(({ user_id }) => changes.add(user_id)),
    deps.onRevoked?.((ended) => {
      if (ended.credential_id !== null) sessions.endAll(ended);
      void exchanges.recheck(ended);
    }),
  ];
  server.addHook("preClose", async () => {
    for (const stop of stops) stop?.();
    changes.close();
    await modern.close();
    await sessions.close();
    exchanges.close();
  });
  return { sessions: () => sessions.size, open: () => exchanges.size };
}

type Serve = (request: Served, response: ServerResponse, body: unknown) => Promise<void>;

type Parts = {
  readonly deps: McpDeps;
  readonly exchanges: Exchanges;
  readonly serveModern: Serve;
  readonly serveLegacy: Serve;
  readonly onInternal: (cause: unknown, where: string) => void;
};

const methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] as const;

function addRoutes(scope: FastifyInstance, parts: Parts): void {
  const { deps, exchanges, serveModern, serveLegacy, onInternal } = parts;
  const gate = createGate(deps.config, deps.authenticate);
  const visits = new WeakMap<FastifyRequest, Visit>();
  addBodyParser(scope, deps.bodyLimit ?? defaultBodyLimit);
  scope.setErrorHandler((thrown, request, reply) => {
    if (!(thrown instanceof Problem) && !("statusCode" in (thrown as object)))
      onInternal(thrown, `${request.method} ${path}`);
    return sendRefusal(request, reply, thrown);
  });
  // before the body is read: a stranger's body is not worth parsing
  scope.addHook("onRequest", async (request, reply) => {
    gate.checkAddress(request);
    addCors(request, reply);
    if (!served.has(request.method)) return;
    const principal = await gate.admit(request);
    const agent = String(request.headers["user-agent"] ?? "");
    visits.set(request, { principal, mode: modeOf(request, deps.config), ip: request.ip, agent });
  });
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.method === "OPTIONS") return answerPreflight(request, reply);
    const visit = visits.get(request);
    if (visit === undefined) return refuseMethod(reply);
    takeOver(reply);
    exchanges.add({ response: reply.raw, principal: visit.principal, prove: () => gate.admit(request) });
    const raw = Object.assign(request.raw, { auth: authOf(visit) });
    const serve = eraOf(request) === "legacy" ? serveLegacy : serveModern;
    await visiting.run(visit, () => serve(raw, reply.raw, request.body));
    return reply;
  };
  scope.route({ method: [...methods], url: path, handler });
}

const served: ReadonlySet<string> = new Set(["DELETE", "GET", "POST"]);

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

/** How this request wants to see the tools: `?mode=`, else the header of older gateways, else the configuration. */
function modeOf(request: FastifyRequest, { native_tools }: McpConfig): ToolMode {
  const query = new URLSearchParams(request.url.split("?")[1] ?? "");
  const mode = query.get("mode");
  if (mode === "native" || mode === "discovery") return mode;
  if (mode !== null) throw new Problem("malformed", 'The mode is either "native" or "discovery".');
  const showsAll = String(request.headers["x-mcp-show-all"] ?? "").toLowerCase() === "true";
  return showsAll || native_tools ? "native" : "discovery";
}

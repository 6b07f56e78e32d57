import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import type { FastifyInstance } from "fastify";
import { Vault } from "../secret/secret.ts";
import { ApprovalStates } from "./approval.ts";
import { Changes } from "./changes.ts";
import type { Hold } from "./decisions.ts";
import { Endpoint, type EndpointDeps } from "./endpoint.ts";
import { Exchanges } from "./exchanges.ts";
import { createFastLane } from "./fast-lane.ts";
import { assertFixturesAllowed, closeUnlessLoopback, type FixtureSource } from "./fixture-source.ts";
import { createGate } from "./gate.ts";
import { createLegacy } from "./legacy.ts";
import type { Authenticate, Catalogue, Ended, McpConfig } from "./ports.ts";
import { addRoutes, type Routes, type Serve } from "./routes.ts";
import { Sessions } from "./sessions.ts";
import { UserBus } from "./user-bus.ts";

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
  /** How calls wait for a decision that is not there yet. */
  readonly hold?: Hold;
  /** Where `internal` problems go: the daemon's log. */
  readonly onInternal?: (cause: unknown, where: string) => void;
  /** The conformance suite's tools, resources and prompts; refused outside of tests. */
  readonly fixtures?: FixtureSource;
  /** Whether plain stateless calls go past the SDK; only a comparison turns it off. */
  readonly fastLane?: boolean;
  /** Bytes; a file written over MCP has to fit. */
  readonly bodyLimit?: number;
  /** Streams and calls a user may have open at once. */
  readonly maxOpenPerUser?: number;
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

const defaultBodyLimit = 4 * 1024 * 1024;
const defaultRecheckMs = 5000;
const defaultMaxOpen = 512;
const maxListens = 8192;

/** Adds the MCP endpoint: both protocol eras on one URL, everything it keeps ended with the server. */
export function mountMcp(server: FastifyInstance, deps: McpDeps): McpDoor {
  if (deps.fixtures !== undefined) {
    assertFixturesAllowed(deps.config.url, process.env);
    closeUnlessLoopback(server);
  }
  const { config, catalogue, authenticate, onInternal = () => {} } = deps;
  const endpointDeps = endpointDepsOf(deps, onInternal);
  const bus = new UserBus();
  const sessions = new Sessions({
    idle_ms: config.session_idle_seconds * 1000,
    max: config.max_sessions,
    createEndpoint: () => new Endpoint(endpointDeps, "legacy"),
  });
  const changes = new Changes(bus, sessions);
  const exchanges = new Exchanges({
    max_per_user: deps.maxOpenPerUser ?? defaultMaxOpen,
    recheck_ms: deps.recheckMs ?? defaultRecheckMs,
    onEnded: (principal) => sessions.endAll({ user_id: principal.user_id, credential_id: principal.credential.id }),
    onRightsChanged: ({ user_id }) => changes.add(user_id),
  });
  const options = { legacy: "reject", bus, maxSubscriptions: maxListens } as const;
  const modern = createMcpHandler(() => new Endpoint(endpointDeps, "modern"), options);
  const routes: Routes = {
    gate: createGate(config, authenticate),
    mode: config.native_tools ? "native" : "discovery",
    bodyLimit: deps.bodyLimit ?? defaultBodyLimit,
    lane: deps.fastLane === false ? null : createFastLane(endpointDeps),
    exchanges,
    serve: { modern: toNodeHandler(modern) as Serve, legacy: createLegacy(sessions) },
    onInternal,
  };
  server.register(async (scope) => addRoutes(scope, routes));
  deps.fixtures?.start((list) => (list === "tools" ? changes.add(null) : changes.promptsChanged()));
  const stops = [
    catalogue.onChange(({ user_id }) => changes.add(user_id)),
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

const endpointDepsOf = (deps: McpDeps, onInternal: Routes["onInternal"]): EndpointDeps => ({
  catalogue: deps.catalogue,
  hold: deps.hold,
  states: new ApprovalStates(new Vault(deps.stateKey), deps.config.url),
  onInternal,
  info: { name: "knot", title: "knot", version: deps.version },
  instructions: deps.instructions,
  fixtures: deps.fixtures,
});

import type { FastifyInstance } from "fastify";
import type { Principal } from "../operation/principal.ts";
import type { Registry } from "../operation/registry.ts";
import { createGate } from "./gate.ts";
import { addOperationRoute } from "./operation-route.ts";
import { plainRoutes } from "./plain-routes.ts";
import type { Authenticate, AuthService, EventFeed, IsSameOrigin, Readiness, RestMetrics } from "./ports.ts";
import { sendProblem } from "./problem-reply.ts";
import { noSuchRoute } from "./server.ts";

export type RestDeps = {
  readonly registry: Registry;
  readonly authenticate: Authenticate;
  readonly isSameOrigin: IsSameOrigin;
  readonly auth: AuthService;
  readonly events: EventFeed;
  /** The Set-Cookie value of a session whose secret a call has replaced, such as change_password; null for all others. */
  readonly renewedCookie?: (principal: Principal) => string | null;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: RestMetrics;
  readonly version: string;
  /** Aborted when the daemon has been told to stop: ends the event streams, so that clients look elsewhere. */
  readonly draining?: AbortSignal;
  /** Aborted when the daemon does not wait any longer: ends the calls. */
  readonly stopping?: AbortSignal;
  /** How often an open stream proves again that it may be open; tests shorten it. */
  readonly recheckMs?: number;
  readonly onInternal?: (cause: unknown, where: string) => void;
};

/** What signing in takes, which a stranger may send. */
const plainBodyLimit = 16 * 1024;

/** Adds the REST door: one route below /api for each operation, and the few plain routes beside them. */
export function mountRest(server: FastifyInstance, deps: RestDeps): void {
  const gate = createGate(deps.authenticate, deps.isSameOrigin);
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    deps.metrics.request(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
  });
  for (const { method, path, head = false, handler } of plainRoutes(deps, gate)) {
    server.route({ method, url: path, exposeHeadRoute: head, bodyLimit: plainBodyLimit, handler });
  }
  for (const bound of deps.registry.list()) {
    addOperationRoute(server, bound, { ...deps, gate });
  }
  // default deny: a path below /api that is not listed never reaches the web app's fallback
  server.route({
    method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "/api/*",
    handler: (request, reply) => sendProblem(reply, noSuchRoute(request.method, request.url)),
  });
}

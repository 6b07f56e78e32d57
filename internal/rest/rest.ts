import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../operation/principal.ts";
import type { Registry } from "../operation/registry.ts";
import { createGate } from "./gate.ts";
import { addOperationRoute } from "./operation-route.ts";
import { plainRoutes } from "./plain-routes.ts";
import type { Authenticate, AuthService, EventFeed, IsSameOrigin, Readiness, Refusal, RestMetrics } from "./ports.ts";
import { sendProblem } from "./problem-reply.ts";
import { clientOf } from "./request-call.ts";
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
  /** For the audit log: the waist knows nothing of these. Hears of every door of the server. */
  readonly onRefused?: (refusal: Refusal) => Promise<void>;
};

/** What signing in takes, which a stranger may send. */
const plainBodyLimit = 16 * 1024;

/** Adds the REST door: one route below /api for each operation, and the few plain routes beside them. */
export function mountRest(server: FastifyInstance, deps: RestDeps): void {
  const gate = createGate(deps.authenticate, deps.isSameOrigin);
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    deps.metrics.request(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    if (reply.statusCode !== 401 && reply.statusCode !== 403) return;
    const refusal = refusalOf(request, reply);
    if (refusal !== null) await deps.onRefused?.(refusal).catch((cause) => deps.onInternal?.(cause, "the audit log"));
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

/**
 * What the waist did not audit already: its answers have the id of the call. Signing in has entries of its own, and
 * whoever shows no token at all is only not signed in.
 */
function refusalOf(request: FastifyRequest, reply: FastifyReply): Refusal | null {
  const { method, headers, ip } = request;
  const route = request.routeOptions.url ?? "none";
  const status = reply.statusCode === 401 ? 401 : 403;
  const isOwn = reply.hasHeader("knot-call-id") || (status === 401 && route.startsWith("/api/auth/"));
  if (isOwn || (status === 401 && headers.authorization === undefined)) return null;
  return { status, method, route, ip, client: clientOf(request) };
}

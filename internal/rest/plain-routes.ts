import type { FastifyReply, FastifyRequest } from "fastify";
import { cardOf } from "../operation/card.ts";
import { may } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import { streamEvents } from "./events.ts";
import { type Gate, refuseCrossSite } from "./gate.ts";
import { openapiOf } from "./openapi.ts";
import type { SignedIn } from "./ports.ts";
import { problemsPage } from "./problems-page.ts";
import { clientOf } from "./request-call.ts";
import type { RestDeps } from "./rest.ts";

type PlainRoute = {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Whether HEAD is answered too, as probes send it. */
  readonly head?: true;
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
};

/** Every REST route that is not an operation. What is neither here nor an operation does not exist. */
export function plainRoutes(deps: RestDeps, gate: Gate): readonly PlainRoute[] {
  return [
    ...authRoutes(deps),
    ...descriptionRoutes(deps, gate),
    { method: "GET", path: "/api/events/stream", handler: (request, reply) => streamEvents(request, reply, deps) },
    {
      method: "GET",
      path: "/docs/reference/problems",
      handler: async (_request, reply) => reply.type("text/html; charset=utf-8").send(problemsPage()),
    },
    { method: "GET", path: "/healthz", head: true, handler: async () => ({ ok: true }) },
    {
      method: "GET",
      path: "/readyz",
      head: true,
      handler: async (_request, reply) => {
        const readiness = await deps.readiness();
        return reply.code(readiness.ready ? 200 : 503).send(readiness);
      },
    },
    {
      method: "GET",
      path: "/metrics",
      handler: async (request, reply) => {
        if (!isLoopback(request)) await admitServerManager(request, gate);
        const { type, text } = await deps.metrics.render();
        return reply.header("content-type", type).send(text);
      },
    },
  ];
}

function authRoutes({ auth, isSameOrigin }: RestDeps): readonly PlainRoute[] {
  const originOf = (request: FastifyRequest) => ({ ip: request.ip, client: clientOf(request) });
  const signedIn = (reply: FastifyReply, { set_cookie, user }: SignedIn) =>
    reply.header("set-cookie", set_cookie).send({ user });
  return [
    {
      method: "POST",
      path: "/api/auth/login",
      handler: async (request, reply) => {
        refuseCrossSite(request, isSameOrigin);
        return signedIn(reply, await auth.login(request.body ?? {}, originOf(request)));
      },
    },
    {
      method: "POST",
      path: "/api/auth/logout",
      handler: async (request, reply) => {
        refuseCrossSite(request, isSameOrigin);
        return reply.header("set-cookie", await auth.logout(request.headers, originOf(request))).send({ ok: true });
      },
    },
    {
      method: "GET",
      path: "/api/auth/setup",
      handler: async () => ({ required: await auth.setupRequired() }),
    },
    {
      method: "POST",
      path: "/api/auth/setup",
      handler: async (request, reply) => {
        refuseCrossSite(request, isSameOrigin);
        return signedIn(reply, await auth.setup(request.body ?? {}, originOf(request)));
      },
    },
  ];
}

function descriptionRoutes({ registry, version }: RestDeps, gate: Gate): readonly PlainRoute[] {
  const operations = registry.list().map((bound) => bound.operation);
  const cards = operations.map(cardOf);
  const routes = cards.map(({ name, method, path, effect }) => ({ name, method, path, effect }));
  const openapi = openapiOf(operations, version);
  return [
    {
      method: "GET",
      path: "/api/operations",
      handler: async (request) => {
        await gate.admit(request);
        return { operations: isRoutesView(request) ? routes : cards };
      },
    },
    {
      method: "GET",
      path: "/api/openapi.json",
      handler: async (request) => {
        await gate.admit(request);
        return openapi;
      },
    },
  ];
}

/** A page that only calls operations asks for their routes: a thirtieth of the whole. */
function isRoutesView(request: FastifyRequest): boolean {
  const query = [...new URLSearchParams(request.url.split("?")[1] ?? "")];
  const wrong = query.find(([key, value]) => key !== "view" || value !== "routes");
  if (wrong === undefined) return query.length > 0;
  throw new Problem("invalid_input", `/${wrong[0]}: is not known here; only view=routes is.`);
}

/**
 * Whether a program of this machine asks. A proxy on it is not the machine itself, and what it forwards carries its own
 * header; nor is a page in a browser on it, whose own name resolves to this machine by now (DNS rebinding).
 */
function isLoopback({ headers, socket }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? "";
  const forwarded = headers["x-forwarded-for"] !== undefined || headers["forwarded"] !== undefined;
  const named = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(headers.host ?? "");
  return !forwarded && named && (address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127."));
}

async function admitServerManager(request: FastifyRequest, gate: Gate): Promise<void> {
  if (may(await gate.admit(request), "server.manage")) return;
  throw new Problem("forbidden", 'This needs the permission "server.manage".');
}

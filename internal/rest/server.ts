import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { Problem, problemOf } from "../problem/problem.ts";
import { sendProblem } from "./problem-reply.ts";
import { protectionHeaders } from "./protection.ts";
import { answerUnreadable } from "./unreadable.ts";

export type ServerOptions = {
  /** Addresses whose X-Forwarded-For and -Proto count; empty: none, so that nobody can spoof an address. */
  readonly trustedProxies?: readonly string[];
  /** Whether people reach knot over https: then browsers are told to stay there. */
  readonly https?: boolean;
  /** PEM texts; with them the server itself speaks https. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Where `internal` problems go: the daemon's log. */
  readonly onInternal?: (cause: unknown, where: string) => void;
};

const maxHeaders = 100;

/** The waist checks what comes in and goes out; Fastify's own checkers are not even loaded. */
const refuseSchemas = () => {
  throw new Error("A route has a schema of Fastify's. Operations have theirs, and plain routes parse for themselves.");
};

/** The HTTP server with the limits and the headers every answer has (security.md W1, W2, W7, W8, R2, R3). */
export function createServer(options: ServerOptions = {}): FastifyInstance {
  // Node looks for connections that took too long only now and then, by default each 30 s
  const limits = { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, connectionsCheckingInterval: 2000 };
  const server = fastify({
    bodyLimit: 1024 * 1024,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: "idle",
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 1024 },
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
    // Fastify's types tell http from https servers apart; nothing below depends on which one it is
    ...((options.tls === undefined ? { http: limits } : { https: { ...limits, ...options.tls } }) as { http: object }),
    frameworkErrors: (error, _request, reply) => {
      reply.headers(protectionHeaders);
      sendProblem(reply, requestProblem(error) ?? problemOf(error));
    },
    clientErrorHandler: answerUnreadable,
  });
  // one more than allowed reaches the check below; Node drops the rest silently
  server.server.maxHeadersCount = maxHeaders + 1;
  addHeaders(server, options.https ?? false);
  addJsonParser(server);
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = requestProblem(error) ?? problemOf(error);
    if (problem.code === "internal")
      options.onInternal?.(problem.cause, `${request.method} ${request.routeOptions.url}`);
    return sendProblem(reply, problem);
  });
  server.setNotFoundHandler((request, reply) => sendProblem(reply, noSuchRoute(request.method, request.url)));
  return server;
}

export const noSuchRoute = (method: string, url: string): Problem =>
  new Problem(
    "not_found",
    `There is no ${method} ${url.split("?")[0]?.slice(0, 200)}. GET /api/openapi.json lists what there is.`,
  );

function addHeaders(server: FastifyInstance, https: boolean): void {
  server.addHook("onRequest", async (request, reply) => {
    reply.headers(protectionHeaders);
    if (https) reply.header("strict-transport-security", "max-age=63072000; includeSubDomains");
    const { rawHeaders } = request.raw;
    if (rawHeaders.length / 2 > maxHeaders) {
      throw new Problem("malformed", `The request has more than ${maxHeaders} headers.`);
    }
    if (isNamedTwice(rawHeaders, "host")) throw new Problem("malformed", "The request has more than one Host header.");
  });
}

/** Node keeps the first one of some headers; a proxy in front may have decided by the other. */
const isNamedTwice = (rawHeaders: readonly string[], name: string): boolean =>
  rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length > 1;

/** JSON as the schema parser needs it: an empty body is an empty object, a __proto__ key is an error. */
function addJsonParser(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser("error", "error");
  server.removeContentTypeParser("application/json");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, {});
    else parseJson(request, body as string, done);
  });
  server.removeContentTypeParser("text/plain");
}

/** What Fastify found wrong with a request before a route saw it; undefined when it was something else. */
function requestProblem(error: FastifyError): Problem | undefined {
  if (error instanceof Problem || typeof error.statusCode !== "number" || error.statusCode >= 500) return undefined;
  const details: Readonly<Record<number, string>> = {
    400: "The request could not be read: the body must be one JSON object, and the address well-formed.",
    413: "The body is larger than this route takes; an operation takes 1 MiB where nothing else is said.",
    415: "The body must be JSON; send it with content-type: application/json.",
  };
  const detail = details[error.statusCode] ?? "The request could not be read.";
  return new Problem(error.statusCode === 413 ? "too_large" : "malformed", detail, { cause: error });
}

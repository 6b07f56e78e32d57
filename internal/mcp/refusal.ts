import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { Problem, problemOf } from "../problem/problem.ts";

const parseError = -32700;
/** For what HTTP refuses before a JSON-RPC message is read; the number the SDK uses for the same. */
const refused = -32000;
/** The one status of HTTP that clients look at and no problem has. */
const mediaType = 415;

/** Answers a request that never became a JSON-RPC message, with the problem's document as `data`. */
export function sendRefusal(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  const { statusCode } = thrown as FastifyError;
  const problem = requestProblem(thrown as FastifyError) ?? problemOf(thrown);
  const challenge = challengeOf(problem, request.headers.authorization !== undefined);
  if (challenge !== null) reply.header("www-authenticate", challenge);
  if (problem.code === "rate_limited") reply.header("retry-after", String(problem.extra["retry_after"] ?? 1));
  const error = {
    code: problem.code === "malformed" && statusCode !== mediaType ? parseError : refused,
    message: problem.message,
    data: problem.toDocument(),
  };
  return reply
    .code(statusCode === mediaType ? mediaType : problem.status)
    .type("application/json")
    .send(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
}

/** What a client may do to be let in (RFC 6750 section 3). */
function challengeOf(problem: Problem, sentToken: boolean): string | null {
  const scope = problem.extra["scope"];
  if (problem.code !== "unauthenticated" && scope === undefined) return null;
  const parts = ['realm="knot"', `scope="${scope ?? "mcp"}"`];
  if (scope !== undefined) parts.push('error="insufficient_scope"');
  else if (sentToken) parts.push('error="invalid_token"');
  return `Bearer ${parts.join(", ")}`;
}

/** What Fastify found wrong with a request before the route saw it. */
function requestProblem(error: FastifyError): Problem | null {
  if (error instanceof Problem) return null;
  if (error.statusCode === 413) return new Problem("too_large", "The body is larger than allowed.", { cause: error });
  if (typeof error.statusCode !== "number" || error.statusCode >= 500) return null;
  return new Problem("malformed", "The body must be one JSON value, sent as application/json.", { cause: error });
}

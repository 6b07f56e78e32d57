import type { FastifyReply } from "fastify";
import type { Problem } from "../problem/problem.ts";

/** Answers with the RFC 9457 document of the problem; `callId` finds the call in the audit log. */
export function sendProblem(reply: FastifyReply, problem: Problem, callId?: string): FastifyReply {
  const retry = problem.extra["retry_after"];
  if (typeof retry === "number") reply.header("retry-after", String(Math.ceil(retry)));
  if (problem.status === 401 && !reply.hasHeader("www-authenticate")) {
    reply.header("www-authenticate", 'Bearer realm="knot"');
  }
  return reply
    .code(problem.status)
    .header("content-type", "application/problem+json; charset=utf-8")
    .send(JSON.stringify(problem.toDocument(callId)));
}

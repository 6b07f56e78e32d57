import type { FastifyReply, FastifyRequest } from "fastify";

const headers = [
  ...["authorization", "content-type", "accept", "last-event-id", "x-mcp-show-all"],
  ...["mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name"],
];
const methods = "GET, POST, DELETE";

/** Lets a web page of an allowed origin read the answer. The gate has checked the origin already. */
export function addCors(request: FastifyRequest, reply: FastifyReply): void {
  reply.header("vary", "Origin");
  const { origin } = request.headers;
  if (origin === undefined) return;
  reply
    .header("access-control-allow-origin", origin)
    .header("access-control-expose-headers", "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version")
    .header("cross-origin-resource-policy", "cross-origin");
}

/** Answers a preflight. Tools may ask for `Mcp-Param-*` headers of any name, so those are granted as they are asked for. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = String(request.headers["access-control-request-headers"] ?? "").toLowerCase();
  const params = asked.split(",").flatMap((name) => (/^\s*(mcp-param-[\w.-]+)\s*$/.exec(name) ?? []).slice(1));
  return reply
    .code(204)
    .header("access-control-allow-methods", methods)
    .header("access-control-allow-headers", [...headers, ...params].join(", "))
    .header("access-control-max-age", "600")
    .send();
}

import { classifyInboundRequest } from "@modelcontextprotocol/server";
import type { FastifyRequest } from "fastify";
import type { Era } from "./endpoint.ts";

/** The revision without sessions. */
export const modernVersion = "2026-07-28";

/** Which era answers. What fits neither goes to the modern one, which says what is wrong with it. */
export function eraOf({ method, headers, body }: FastifyRequest): Era {
  const { "mcp-protocol-version": version, "mcp-method": name } = headers;
  const { kind } = classifyInboundRequest({
    httpMethod: method,
    body,
    ...(typeof version === "string" ? { protocolVersionHeader: version } : {}),
    ...(typeof name === "string" ? { mcpMethodHeader: name } : {}),
  });
  return kind === "legacy" ? "legacy" : "modern";
}

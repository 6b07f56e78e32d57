import type { FastifyRequest } from "fastify";
import type { Principal } from "../operation/principal.ts";
import { may } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import type { Authenticate, McpConfig } from "./ports.ts";

/** Who may speak to the endpoint at all. What a call may do is the waist's business. */
export type Gate = {
  /** Refuses foreign host names (DNS rebinding) and web pages of other sites. */
  readonly checkAddress: (request: FastifyRequest) => void;
  /** The origin to name in CORS answers: one that is allowed, or null when the client is no browser. */
  readonly originOf: (request: FastifyRequest) => string | null;
  /** `check` is for a request that is under way already. */
  readonly admit: (request: FastifyRequest, purpose: "use" | "check") => Promise<Principal>;
};

const loopback = ["localhost", "127.0.0.1", "[::1]"];

export function createGate(config: McpConfig, authenticate: Authenticate): Gate {
  const own = new URL(config.url);
  const hosts = new Set([...loopback, own.hostname, ...config.allowed_hosts.map((host) => host.toLowerCase())]);
  const origins = new Set([own.origin, ...config.allowed_origins]);
  if (loopback.includes(own.hostname)) {
    for (const name of loopback) origins.add(new URL(`${own.protocol}//${name}:${own.port}`).origin);
  }
  const originOf = (request: FastifyRequest) => request.headers.origin ?? null;
  return {
    originOf,
    checkAddress: (request) => {
      const host = hostnameOf(request.headers.host);
      if (host === null || !hosts.has(host)) {
        throw new Problem(
          "forbidden",
          "This host name is not one of the daemon's; add it to server.mcp.allowed_hosts.",
        );
      }
      const origin = originOf(request);
      if (origin !== null && !origins.has(origin)) {
        throw new Problem("forbidden", "This origin may not use MCP; add it to server.mcp.allowed_origins.");
      }
    },
    admit: async (request, purpose) => {
      const { authorization, cookie } = request.headers;
      const principal = await authenticate({ authorization, cookie }, purpose);
      if (principal.credential.kind === "session" && !isOwnPage(request, own.origin)) {
        throw new Problem(
          "forbidden",
          "This did not come from knot's own pages. Use an API token outside the browser.",
        );
      }
      refuseScope(principal);
      return principal;
    },
  };
}

/** The host name of a Host header without its port; null when there is none that can be read. */
function hostnameOf(header: string | undefined): string | null {
  if (header === undefined || !/^[\w.:[\]-]+$/.test(header)) return null;
  try {
    return new URL(`http://${header}`).hostname;
  } catch {
    return null;
  }
}

/** A browser sends its cookie with every request, also with one that another site's page made (security.md W3). */
function isOwnPage({ headers }: FastifyRequest, own: string): boolean {
  const site = headers["sec-fetch-site"];
  return site === undefined ? headers.origin === own : site === "same-origin";
}

function refuseScope(principal: Principal): void {
  const { scopes } = principal;
  if (!scopes.has("mcp") && !(scopes.has("read") && !scopes.has("api"))) {
    throw new Problem("forbidden", 'This token lacks the scope "mcp", which this door needs.', {
      extra: { scope: "mcp" },
    });
  }
  if (!may(principal, "mcp.use")) throw new Problem("forbidden", 'This needs the permission "mcp.use".');
}

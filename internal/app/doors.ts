import { hkdfSync } from "node:crypto";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Approvals } from "../approval/approval.ts";
import type { Audit } from "../audit/audit.ts";
import type { Config } from "../config/schema.ts";
import type { Events } from "../event/event.ts";
import { mountMcp } from "../mcp/mcp.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Registry } from "../operation/registry.ts";
import { mountRest } from "../rest/rest.ts";
import { createServer } from "../rest/server.ts";
import type { Servers } from "../server/server.ts";
import { mountStatic } from "../static/static.ts";
import type { Catalogue } from "../tool/catalogue.ts";
import { createAuthDoor, renewedCookie, sameOrigin } from "./auth-door.ts";
import type { Identity } from "./identity.ts";
import { instructions } from "./instructions.ts";
import { createRefusalLog } from "./refusals.ts";
import { root, version } from "./version.ts";

export type DoorsDeps = {
  readonly config: Config;
  readonly url: string;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** The key of the installation; what clients carry for knot is sealed with one derived from it. */
  readonly key: Buffer;
  readonly identity: Identity;
  readonly audit: Audit;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly events: Events;
  readonly approvals: Pick<Approvals, "waitFor">;
  readonly servers: Servers;
  readonly metrics: Metrics;
  /** Aborted when the daemon has been told to stop, and when it does not wait any longer. */
  readonly draining: AbortSignal;
  readonly stopping: AbortSignal;
  readonly onInternal: (cause: unknown, where: string) => void;
};

/** The HTTP server with all its doors: REST, MCP where it is on, and the web app. Not listening. */
export async function openDoors(deps: DoorsDeps): Promise<{ server: FastifyInstance; mcpSessions: () => number }> {
  const { config, url, tls, identity, audit, registry, catalogue, events, servers, metrics, onInternal } = deps;
  const secure = url.startsWith("https:");
  const authenticate = identity.principals.authenticate.bind(identity.principals);
  const server = createServer({ trustedProxies: config.server.trusted_proxies, https: secure, tls, onInternal });
  mountRest(server, {
    ...{ registry, metrics, version, onInternal, events, authenticate },
    isSameOrigin: sameOrigin([new URL(url).origin]),
    auth: createAuthDoor({ identity, audit, secure }),
    renewedCookie: (principal) => renewedCookie(identity, principal, secure),
    readiness: () => servers.readiness(),
    onRefused: createRefusalLog(audit),
    draining: deps.draining,
    stopping: deps.stopping,
  });
  const mcp = config.server.mcp.enabled
    ? mountMcp(server, {
        ...{ catalogue, instructions, version, onInternal, authenticate },
        config: { ...config.server.mcp, url },
        stateKey: Buffer.from(hkdfSync("sha256", deps.key, "", "knot-mcp-state-v1", 32)),
        hold: { decided: (...awaited) => deps.approvals.waitFor(...awaited) },
        onRevoked: (listener) => identity.principals.onRevoked(listener),
      })
    : null;
  await mountStatic(server, { root: join(root, "web/dist") });
  return { server, mcpSessions: () => mcp?.sessions() ?? 0 };
}

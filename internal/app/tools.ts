import type { Logger } from "pino";
import type { Config } from "../config/schema.ts";
import { Integrations } from "../integration/integration.ts";
import { createUpstreams } from "../upstream/upstreams.ts";
import { version } from "./version.ts";

/** The connected MCP servers of the configuration: their tools, and their state for people. */
export function openTools({ server }: Config, log: Logger) {
  const upstreams = createUpstreams({
    servers: server.mcp.enabled ? server.mcp.remote_servers : [],
    version,
    log: ({ level, namespace, message }) => log[level]({ integration: namespace }, message),
  });
  return {
    sources: upstreams.sources,
    integrations: new Integrations(upstreams),
    start: () => upstreams.start(),
    [Symbol.asyncDispose]: () => upstreams.close(),
  };
}

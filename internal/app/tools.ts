import type { Logger } from "pino";
import type { Audit } from "../audit/audit.ts";
import type { Config } from "../config/schema.ts";
import { Integrations } from "../integration/integration.ts";
import { printable } from "../operation/printable.ts";
import { createUpstreams } from "../upstream/upstreams.ts";
import { version } from "./version.ts";

/** The connected MCP servers of the configuration: their tools, and their state for people. */
export function openTools({ server }: Config, log: Logger, audit: Pick<Audit, "recordEvent">) {
  const upstreams = createUpstreams({
    servers: server.mcp.enabled ? server.mcp.remote_servers : [],
    version,
    onRedescribed: ({ namespace, tools }) => {
      const label = `${namespace} now describes differently: ${printable(tools.join(", "), 500)}`;
      log.warn({ integration: namespace }, label);
      audit
        .recordEvent({ operation: "tools_redescribed", outcome: "ok", label, door: "system", username: "system" })
        .catch((err) => log.error({ err }, "A change of tools could not be written to the audit log"));
    },
    log: ({ level, namespace, message }) => log[level]({ integration: namespace }, message),
  });
  return {
    sources: upstreams.sources,
    expected: (name: string) => upstreams.expected(name),
    integrations: new Integrations(upstreams),
    start: () => upstreams.start(),
    [Symbol.asyncDispose]: () => upstreams.close(),
  };
}

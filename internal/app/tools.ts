import type { Logger } from "pino";
import type { Audit } from "../audit/audit.ts";
import type { Config } from "../config/schema.ts";
import { Integrations } from "../integration/integration.ts";
import { printable } from "../operation/printable.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import { version } from "./version.ts";

type Journal = Pick<Audit, "recordEvent">;

/** The connected MCP servers of the configuration: their tools, and their state for people. */
export async function openTools(config: Config, log: Logger, audit: Journal) {
  const upstreams = await openUpstreams(config, log, audit);
  return {
    notes: notesOf(config),
    sources: upstreams.sources,
    expected: (name: string) => upstreams.expected(name),
    integrations: new Integrations(upstreams),
    start: () => upstreams.start(),
    [Symbol.asyncDispose]: () => upstreams.close(),
  };
}

/** What is configured and yet does nothing. */
function notesOf({ server: { mcp } }: Config): string[] {
  if (mcp.enabled || mcp.remote_servers.length === 0) return [];
  const names = mcp.remote_servers.map(({ namespace }) => namespace).join(", ");
  return [
    `The servers of server.mcp.remote_servers (${names}) are not connected, because server.mcp.enabled is false.`,
  ];
}

const none: Upstreams = {
  sources: [],
  start: () => {},
  statuses: () => [],
  expected: () => null,
  close: async () => {},
};

/** Who is connected to no server does not load the client either, which is a good part of the program. */
async function openUpstreams({ server: { mcp } }: Config, log: Logger, audit: Journal): Promise<Upstreams> {
  if (!mcp.enabled || mcp.remote_servers.length === 0) return none;
  const { createUpstreams } = await import("../upstream/upstreams.ts");
  return createUpstreams({
    servers: mcp.remote_servers,
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
}

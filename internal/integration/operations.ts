import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import type { Integrations } from "./integration.ts";
import { Integration, IntegrationDetails } from "./schema.ts";

export const listIntegrations = operation({
  name: "list_integrations",
  title: "List integrations",
  description: "List the connected MCP servers with their state, and how many tools each offers.",
  effect: "read",
  idempotent: true,
  permission: "integrations.use",
  input: z.object(pageInput),
  output: z.object({ integrations: z.array(Integration), ...pageOutput }),
  problems: [],
  path: "/integrations",
  tool: {
    visibility: "discoverable",
    keywords: ["integrations", "connected", "mcp", "servers", "upstream", "connectors", "status", "tools"],
  },
  command: { words: ["integration", "list"], args: [] },
  label: () => "List integrations",
  run: async (_call, input, { integrations }: { integrations: Pick<Integrations, "list"> }) => integrations.list(input),
});

export const getIntegration = operation({
  name: "get_integration",
  title: "Get integration",
  description:
    "Show one connected MCP server: its state, why it does not work, when it is tried again, and what its program wrote.",
  effect: "read",
  idempotent: true,
  permission: "server.manage",
  input: z.object({ integration: z.string().min(1).max(64).describe("The integration's namespace") }),
  output: z.object({ integration: IntegrationDetails.describe("The integration") }),
  problems: ["not_found"],
  path: "/integrations/{integration}",
  tool: { visibility: "discoverable", keywords: ["mcp", "server", "upstream", "error", "stderr", "log", "diagnose"] },
  command: { words: ["integration", "get"], args: ["integration"] },
  label: ({ integration }) => `Get the integration "${integration}"`,
  run: async (_call, { integration }, { integrations }: { integrations: Pick<Integrations, "get"> }) => ({
    integration: integrations.get(integration),
  }),
});

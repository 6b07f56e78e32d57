import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import type { Integrations } from "./integration.ts";
import { Integration } from "./schema.ts";

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

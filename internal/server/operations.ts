import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { Server } from "./schema.ts";
import type { Servers } from "./server.ts";

export const getServer = operation({
  name: "get_server",
  title: "Get server",
  description: "Get the version and the address of the knot server, and which runtimes answer.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.object({}),
  output: z.object({ server: Server }),
  problems: [],
  path: "/server",
  tool: {
    visibility: "discoverable",
    keywords: ["server", "version", "status", "health", "runtime", "docker", "engine"],
  },
  command: { words: ["server", "info"], args: [] },
  label: () => "Look at the server",
  run: async (call, _input, { servers }: { servers: Pick<Servers, "get"> }) => ({
    server: await servers.get(call.signal),
  }),
});

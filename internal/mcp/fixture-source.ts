import type { AddressInfo } from "node:net";
import type {
  CallToolResult,
  InputRequiredResult,
  McpServer,
  ServerCapabilities,
  ServerContext,
} from "@modelcontextprotocol/server";
import type { FastifyInstance } from "fastify";
import type { Era } from "./endpoint.ts";

/** What the conformance suite expects of a server beside tools of the catalogue. For tests only. */
export interface FixtureSource {
  readonly capabilities: ServerCapabilities;
  /** Hands over the way to tell every client, of either era, that a list changed. */
  start(announce: (list: "tools" | "prompts") => void): void;
  /** Adds resources, prompts and completion to a server. */
  install(server: McpServer, era: Era): void;
  /** Whether `answer` answers this tool. */
  handles(name: string): boolean;
  /** The answer of a tool that needs the protocol itself; undefined for one that the catalogue answers. */
  answer(
    params: { readonly name: string; readonly arguments?: Record<string, unknown> | undefined },
    ctx: ServerContext,
    server: McpServer,
  ): Promise<CallToolResult | InputRequiredResult> | undefined;
}

const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
const loopbackAddresses: ReadonlySet<string> = new Set(["127.0.0.1", "::1"]);

/** Throws unless the daemon is one that only a test on this machine can reach, and was told so in its environment. */
export function assertFixturesAllowed(url: string, env: NodeJS.ProcessEnv): void {
  if (!loopbackNames.has(new URL(url).hostname) || env["KNOT_TEST_FIXTURES"] !== "1") {
    throw new Error("MCP fixtures are for tests: they need a loopback address and KNOT_TEST_FIXTURES=1.");
  }
}

/** Closes a server with fixtures again that turns out to listen for others than this machine. */
export function closeUnlessLoopback(server: FastifyInstance): void {
  server.addHook("onListen", async () => {
    const addresses = server.addresses() as AddressInfo[];
    if (addresses.every(({ address }) => loopbackAddresses.has(address))) return;
    await server.close();
  });
}

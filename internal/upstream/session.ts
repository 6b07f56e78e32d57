import {
  Client,
  type RequestOptions,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import type { JsonSchema } from "../operation/schema.ts";
import type { ToolResult } from "../tool/tool.ts";
import { isDeeper } from "./depth.ts";
import { type Fault, faultOf } from "./fault.ts";
import { createGuardedFetch } from "./guarded-fetch.ts";
import { limits, type UpstreamLog, type UpstreamServer } from "./server.ts";
import { StdioTransport } from "./stdio-transport.ts";

/** A tool as a server lists it; nothing of it has been checked. */
export type RawTool = {
  readonly name?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
  readonly annotations?: unknown;
};

export type Listing = { readonly tools: readonly RawTool[]; readonly warnings: readonly string[] };

export type SessionDeps = {
  readonly server: UpstreamServer;
  readonly version: string;
  readonly log: UpstreamLog;
  /** Skip the probe for the newer protocol: for servers that die of an unknown request. */
  readonly legacy: boolean;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
  readonly onToolsChanged: () => void;
  /** The connection has ended by itself, or something about it looks wrong and should be checked. */
  readonly onClosed: (fault: Fault) => void;
  readonly onDoubt: () => void;
  /** A notice was dropped because the server sends too many. */
  readonly onNoise: () => void;
  /** A line of a program's standard error, printable and bounded. */
  readonly onOutput: (line: string) => void;
};

/** One connection to one server. */
export type Session = {
  readonly era: "modern" | "legacy" | null;
  readonly serverName: string | null;
  /** All pages, as far as the limits allow. */
  list(): Promise<Listing>;
  call(tool: CalledTool, args: object, options: RequestOptions): Promise<ToolResult>;
  /** Resolves when the server answers, whatever it answers. */
  check(): Promise<void>;
  /** How its program ended, if it did. */
  ended(): Fault | null;
  close(): Promise<void>;
};

export type CalledTool = { readonly remote_name: string; readonly input_schema: JsonSchema };

/** Takes any value: answers are relayed as they are, without the cost and the losses of parsing them again. */
const anything = {
  "~standard": { version: 1 as const, vendor: "knot", validate: (value: unknown) => ({ value }) },
};

/** Connects and shakes hands; nothing of a failed attempt is left behind. */
export async function openSession(deps: SessionDeps): Promise<Session> {
  const { transport, dispose } = transportOf(deps);
  const isStdio = deps.server.command !== undefined;
  const client = new Client(
    { name: "knot", version: deps.version },
    {
      versionNegotiation: { mode: "auto", probe: { timeoutMs: isStdio ? 3000 : limits.connectMs } },
      inputRequired: { autoFulfill: false },
      listChanged: { tools: { autoRefresh: false, debounceMs: 50, onChanged: () => deps.onToolsChanged() } },
    },
  );
  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    if (transport instanceof StreamableHTTPClientTransport) await withinOneSecond(transport.terminateSession());
    await client.close().catch(() => {});
    await transport.close().catch(() => {});
    await dispose();
  };
  // the probe for the protocol heeds no signal, so the connection is taken away from under it
  const giveUp = () => void close();
  deps.signal.addEventListener("abort", giveUp, { once: true });
  try {
    deps.signal.throwIfAborted();
    await client.connect(transport, {
      timeout: limits.connectMs,
      signal: deps.signal,
      ...(deps.legacy ? { prior: { kind: "legacy" as const } } : {}),
    });
  } catch (thrown) {
    await close();
    throw endingOf(transport) ?? thrown;
  } finally {
    deps.signal.removeEventListener("abort", giveUp);
  }
  const ended = () => {
    if (!closing) deps.onClosed(faultOf(endingOf(transport) ?? new SdkError(SdkErrorCode.ConnectionClosed, "closed")));
  };
  client.onclose = ended;
  client.onerror = () => {
    // a child's end is certain knowledge, and its chatter on stdout no sign of it
    if (!closing && !isStdio) deps.onDoubt();
  };
  void client.autoOpenedSubscription?.closed.then((how) => {
    if (how !== "local") ended();
  });
  return {
    era: client.getProtocolEra() ?? null,
    serverName: client.getServerVersion()?.name ?? null,
    list: () => listAll(client),
    call: (tool, args, options) => callTool(client, tool, args, options),
    check: async () => {
      const options = { timeout: limits.connectMs / 2 };
      await (client.getProtocolEra() === "modern" ? client.discover(options) : client.ping(options));
    },
    ended: () => {
      const ending = endingOf(transport);
      return ending === null ? null : faultOf(ending);
    },
    close,
  };
}

const endingOf = (transport: Transport) => (transport instanceof StdioTransport ? transport.ending : null);

function transportOf({ server, log, onToolsChanged, onNoise, onOutput }: SessionDeps): {
  transport: Transport;
  dispose: () => Promise<void>;
} {
  const { namespace, url, token, headers = {}, command, args = [], env = {} } = server;
  const onDropped = (method: string) => {
    onNoise();
    if (method === "notifications/tools/list_changed") onToolsChanged();
  };
  if (command !== undefined) {
    const onStderr = (message: string) => {
      onOutput(message);
      log({ level: "info", namespace, message });
    };
    return { transport: new StdioTransport({ command, args, env, onStderr, onDropped }), dispose: async () => {} };
  }
  const guarded = createGuardedFetch(onDropped);
  const transport = new StreamableHTTPClientTransport(new URL(url as string), {
    fetch: guarded.fetch,
    requestInit: { headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } },
  });
  return { transport, dispose: guarded.close };
}

async function listAll(client: Client): Promise<Listing> {
  const tools: RawTool[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  if (client.getServerCapabilities()?.tools === undefined) return { tools, warnings: [] };
  for (let page = 0; page < limits.pages; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = (await client.request({ method: "tools/list", params }, anything, {
      timeout: limits.connectMs,
    })) as { tools?: unknown; nextCursor?: unknown };
    if (!Array.isArray(answer.tools)) throw new Error("it answered tools/list without a list of tools");
    tools.push(...answer.tools.slice(0, limits.tools + 1 - tools.length));
    if (tools.length > limits.tools) {
      return { tools: tools.slice(0, limits.tools), warnings: [`only its first ${limits.tools} tools are used`] };
    }
    if (typeof answer.nextCursor !== "string" || answer.nextCursor === "") return { tools, warnings: [] };
    cursor = answer.nextCursor;
    if (cursors.has(cursor)) return { tools, warnings: ["its list of tools turns in a circle; the rest is left out"] };
    cursors.add(cursor);
  }
  return { tools, warnings: [`only the first ${limits.pages} pages of its tools are used`] };
}

async function callTool(
  client: Client,
  { remote_name, input_schema }: CalledTool,
  args: object,
  options: RequestOptions,
): Promise<ToolResult> {
  const params = { name: remote_name, arguments: args as Record<string, unknown> };
  // only the SDK's own callTool repeats marked arguments as headers (SEP-2243)
  if (client.getProtocolEra() === "modern" && JSON.stringify(input_schema).includes('"x-mcp-header"')) {
    const toolDefinition = { name: remote_name, inputSchema: input_schema as { type: "object" } };
    return checked(await client.callTool(params, { ...options, toolDefinition }));
  }
  return checked(await client.request({ method: "tools/call", params }, anything, options));
}

/** Throws for what is no complete result, or none that can be passed on. */
function checked(answer: unknown): ToolResult {
  const result = answer as ToolResult & { readonly resultType?: unknown };
  const { resultType = "complete" } = typeof result === "object" && result !== null ? result : {};
  if (resultType === "input_required")
    throw new Error("it asked for more input in the middle of the call, which knot does not pass on");
  if (resultType !== "complete") throw new Error("it answered tools/call with a kind of result knot does not know");
  if (!Array.isArray(result?.content)) throw new Error("it answered tools/call without content");
  if (isDeeper(result, limits.answerDepth))
    throw new Error(`its answer is nested more than ${limits.answerDepth} deep`);
  return result;
}

async function withinOneSecond(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 1000);
  await Promise.race([work.catch(() => {}), promise]);
  clearTimeout(timer);
}

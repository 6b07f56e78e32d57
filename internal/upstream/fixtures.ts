import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Call } from "../operation/call.ts";
import { callOf } from "../testkit/principal.ts";
import { waistOf } from "../testkit/waist.ts";
import type { ToolResult } from "../tool/tool.ts";
import type { UpstreamServer } from "./server.ts";
import type { RawTool } from "./session.ts";
import { createUpstreams } from "./upstreams.ts";

/** Waits until something is so; fails after 20 s. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (holds()) return;
    await setTimeout(20);
  }
  throw new Error(`It never came true: ${holds}`);
}

export const tool = (name: string, overrides: Partial<RawTool> = {}): RawTool => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: "object" },
  ...overrides,
});

type Request = {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly cursor?: string; readonly arguments?: object };
};

/** A small server of the 2025 protocol that does to its clients whatever a test tells it to. */
export type Hostile = {
  readonly url: string;
  /** What it lists; `pageSize` cuts it into pages. */
  tools: RawTool[];
  pageSize: number;
  /** Every request it understood, in order, such as `tools/call echo`. */
  readonly seen: string[];
  /** Requests whose client went away before the answer. */
  readonly abandoned: string[];
  readonly headers: IncomingMessage["headers"][];
  /** What it answers to a call; without one, an echo of the arguments. */
  answer: ((name: string, reply: Reply) => void) | null;
  /** Answers every request itself when it returns true. */
  intercept: ((request: Request, res: ServerResponse) => boolean) | null;
  /** Where it sends requests for this path; null where it answers them. */
  redirect: ((path: string) => string | null) | null;
  forgetSessions(): void;
  announceChange(): void;
  stop(): Promise<void>;
  start(): Promise<void>;
};

export type Reply = {
  result(result: unknown): void;
  error(code: number, message: string): void;
  readonly res: ServerResponse;
  readonly id: Request["id"];
};

export async function hostileServer(t: TestContext, ...tools: RawTool[]): Promise<Hostile> {
  const sessions = new Set<string>();
  const streams = new Set<ServerResponse>();
  let port = 0;
  let made = 0;
  const state: Omit<Hostile, "url" | "stop" | "start"> = {
    tools,
    pageSize: 1000,
    seen: [],
    abandoned: [],
    headers: [],
    answer: null,
    intercept: null,
    redirect: null,
    forgetSessions: () => sessions.clear(),
    announceChange: () => {
      const message = JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
      for (const stream of streams) stream.write(`data: ${message}\n\n`);
    },
  };
  const json = (res: ServerResponse, status: number, body: unknown, headers = {}) =>
    void res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  const handle = (request: Request, req: IncomingMessage, res: ServerResponse) => {
    const { id, method, params = {} } = request;
    const what = params.name === undefined ? method : `${method} ${params.name}`;
    state.seen.push(what);
    state.headers.push(req.headers);
    res.on("close", () => res.writableFinished || state.abandoned.push(what));
    if (state.intercept?.(request, res)) return;
    const reply: Reply = {
      id,
      res,
      result: (result) => json(res, 200, { jsonrpc: "2.0", id, result }),
      error: (code, message) => json(res, 200, { jsonrpc: "2.0", id, error: { code, message } }),
    };
    if (method === "server/discover")
      return json(res, 400, { jsonrpc: "2.0", id: null, error: { code: -32000, message: "no" } });
    if (method === "initialize") {
      const session = `session-${++made}`;
      sessions.add(session);
      const result = {
        protocolVersion: "2025-06-18",
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: "hostile", version: "1" },
      };
      return json(res, 200, { jsonrpc: "2.0", id, result }, { "mcp-session-id": session });
    }
    if (!sessions.has(String(req.headers["mcp-session-id"])))
      return json(res, 404, { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } });
    if (id === undefined) return void res.writeHead(202).end();
    if (method === "ping") return reply.result({});
    if (method === "tools/list") {
      const from = Number(params.cursor ?? 0);
      const to = from + state.pageSize;
      const nextCursor = to < state.tools.length ? { nextCursor: String(to) } : {};
      return reply.result({ tools: state.tools.slice(from, to), ...nextCursor });
    }
    if (state.answer !== null) return state.answer(params.name ?? "", reply);
    reply.result({ content: [{ type: "text", text: JSON.stringify(params.arguments) }] });
  };
  const server = createServer(async (req, res) => {
    const location = state.redirect?.(req.url ?? "") ?? null;
    if (location !== null) return void res.writeHead(307, { location }).end();
    if (req.method === "GET") {
      if (!sessions.has(String(req.headers["mcp-session-id"]))) return void res.writeHead(404).end();
      streams.add(res.writeHead(200, { "content-type": "text/event-stream" }));
      res.write(":\n\n");
      return void res.on("close", () => streams.delete(res));
    }
    if (req.method === "DELETE") return void res.writeHead(200).end();
    const chunks = await req.toArray();
    handle(JSON.parse(Buffer.concat(chunks).toString()), req, res);
  });
  const start = async () => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  };
  const stop = async () => {
    if (!server.listening) return;
    sessions.clear();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  await start();
  t.after(stop);
  return Object.assign(state, { url: `http://127.0.0.1:${port}/mcp`, start, stop });
}

/** A pool of one server, `up`, with its tools callable through a waist. */
export function poolOf(t: TestContext, server: Partial<UpstreamServer>) {
  const log: string[] = [];
  const redescribed: string[] = [];
  const upstreams = createUpstreams({
    servers: [{ namespace: "up", ...server }],
    version: "0",
    log: ({ message }) => log.push(message),
    onRedescribed: ({ tools }) => redescribed.push(...tools),
    backoffMs: { first: 50, last: 200 },
    restMs: { first: 500, last: 1000 },
  });
  t.after(() => upstreams.close());
  const { waist } = waistOf();
  const source = upstreams.sources[0]!;
  return {
    upstreams,
    source,
    log,
    redescribed,
    status: () => source.status(),
    names: () => source.list().map(({ name }) => name),
    call: async (name: string, args: unknown = {}, call: Call = callOf()) => {
      const found = source.find(name);
      if (found === undefined) throw new Error(`no tool ${name}`);
      return (await waist.pass(found, args, call)) as ToolResult;
    },
  };
}

/** As `poolOf`, once it is connected. */
export async function connectedPool(t: TestContext, server: Partial<UpstreamServer>) {
  const pool = poolOf(t, server);
  pool.upstreams.start();
  await until(() => pool.status().status === "connected");
  return pool;
}

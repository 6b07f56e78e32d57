import type { IncomingMessage, ServerResponse } from "node:http";
import { type AuthInfo, isInitializeRequest } from "@modelcontextprotocol/server";
import type { Session, Sessions } from "./sessions.ts";
import { visitOf } from "./visit.ts";

/** A request that carries who sends it. */
export type Served = IncomingMessage & { auth?: AuthInfo };

const both = "application/json, text/event-stream";

/** Serves 2025 clients: a session begins with `initialize` and is named by its id in every later request. */
export function createLegacy(sessions: Sessions) {
  return async (request: Served, response: ServerResponse, body: unknown): Promise<void> => {
    const { principal } = visitOf(request.auth);
    const id = request.headers["mcp-session-id"];
    acceptBoth(request);
    if (typeof id === "string") {
      const session = sessions.find(id, principal);
      if (session === undefined) return refuse(response, 404, -32001, "Session not found");
      if (request.method === "GET" && !takesOver(session, request.headers["last-event-id"])) {
        return refuse(response, 400, -32000, "Nothing is kept after this Last-Event-ID; open the stream without it.");
      }
      sessions.use(session, response);
      return session.transport.handleRequest(request, response, body);
    }
    if (request.method !== "POST") {
      response.setHeader("allow", "POST");
      return refuse(response, 405, -32000, "Method not allowed: there are streams in 2025 sessions only.");
    }
    if (!isInitializeRequest(body)) {
      return refuse(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
    }
    const session = await sessions.begin(principal);
    sessions.use(session, response);
    await session.transport.handleRequest(request, response, body);
    if (session.transport.sessionId === undefined) await sessions.end(session);
  };
}

/** Who does not say what it takes, or takes anything, takes JSON and streams; the SDK wants to read both names. */
function acceptBoth(request: IncomingMessage): void {
  const { accept } = request.headers;
  if (accept !== undefined && !accept.includes("*/*")) return;
  request.headers.accept = both;
  request.rawHeaders.push("Accept", both);
}

/**
 * Makes room for a stream that is opened again: the client that opens it has lost the one before, also when the network
 * has not told us yet. False when it names an event that nobody has.
 */
function takesOver({ transport, events }: Session, lastId: string | string[] | undefined): boolean {
  if (lastId === undefined) transport.closeStandaloneSSEStream();
  return lastId === undefined || events.knows(String(lastId));
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } }));
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { type AuthInfo, isInitializeRequest } from "@modelcontextprotocol/server";
import type { Sessions } from "./sessions.ts";
import { visitOf } from "./visit.ts";

/** A request that carries who sends it. */
export type Served = IncomingMessage & { auth?: AuthInfo };

/** Serves 2025 clients: a session begins with `initialize` and is named by its id in every later request. */
export function createLegacy(sessions: Sessions) {
  return async (request: Served, response: ServerResponse, body: unknown): Promise<void> => {
    const { principal } = visitOf(request.auth);
    const id = request.headers["mcp-session-id"];
    if (typeof id === "string") {
      const session = sessions.find(id, principal);
      if (session === undefined) return refuse(response, 404, -32001, "Session not found");
      sessions.use(session, response);
      return session.transport.handleRequest(request, response, body);
    }
    if (request.method !== "POST" || !isInitializeRequest(body)) {
      return refuse(response, 400, -32000, "Bad Request: Mcp-Session-Id header is required");
    }
    const session = await sessions.begin(principal);
    sessions.use(session, response);
    await session.transport.handleRequest(request, response, body);
    if (session.transport.sessionId === undefined) await sessions.end(session);
  };
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } }));
}

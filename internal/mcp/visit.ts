import { AsyncLocalStorage } from "node:async_hooks";
import type { AuthInfo } from "@modelcontextprotocol/server";
import { type Call, createCall } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";
import { printable } from "../operation/printable.ts";
import type { ToolMode } from "./ports.ts";

/** One HTTP request after the gate: who sends it, and how they want to see the tools. */
export type Visit = {
  readonly principal: Principal;
  readonly mode: ToolMode;
  readonly ip: string;
  /** The User-Agent; used when the client does not name itself. */
  readonly agent: string;
};

/** The visit whose request is being served. The SDK gives its event bus no other way to know whose stream it opens. */
export const visiting = new AsyncLocalStorage<Visit>();

/** The visit in the SDK's clothes, so that it reaches every handler. The credential itself stays outside. */
export const authOf = (visit: Visit): AuthInfo => ({
  token: "",
  clientId: visit.principal.credential.id,
  scopes: [...visit.principal.scopes],
  extra: { visit },
});

/** Throws when a handler runs for a request that did not pass the gate: a mistake of ours, never of a client. */
export function visitOf(auth: AuthInfo | undefined): Visit {
  const visit = auth?.extra?.["visit"] as Visit | undefined;
  if (visit === undefined) throw new Error("an MCP request was served without a visit");
  return visit;
}

/** The call a visit makes; `client` is the name the client gives itself, untrusted. */
export const callOf = (visit: Visit, parts: Partial<Call> = {}): Call =>
  createCall({
    principal: visit.principal,
    door: "mcp",
    ip: visit.ip,
    ...parts,
    client: printable(parts.client || visit.agent, 200),
  });

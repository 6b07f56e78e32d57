import type { Call } from "../operation/call.ts";
import type { Visibility } from "../operation/operation.ts";
import { isAllowed } from "../operation/waist.ts";
import type { Tool } from "./tool.ts";

/** `discovery`: native tools and the pair tool_search, execute_tool; `native`: every permitted tool and no pair. */
export type Mode = "discovery" | "native";

type Caller = Pick<Call, "principal" | "door">;

/**
 * How a caller can reach a tool; null when it does not exist for them. The one rule behind the list, the search, the
 * call and every suggestion, so that none of them can show what another hides.
 */
export function reachOf(tool: Pick<Tool, "permission" | "effect" | "visibility">, caller: Caller): Visibility | null {
  return isAllowed(tool, caller) ? tool.visibility : null;
}

/** Whether the search and the suggestions may name it. */
export function isFindable(tool: Tool, caller: Caller): boolean {
  const reach = reachOf(tool, caller);
  return reach === "native" || reach === "discoverable";
}

/** Whether tools/list shows it. */
export function isListed(tool: Tool, caller: Caller, mode: Mode): boolean {
  return mode === "native" ? isFindable(tool, caller) : reachOf(tool, caller) === "native";
}

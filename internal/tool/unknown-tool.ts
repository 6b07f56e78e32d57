import { Problem } from "../problem/problem.ts";

/** There is no such tool for this caller: the one thing a call throws, so that the door can answer -32602 (MCP 2025-11-25, tools). */
export class UnknownTool extends Problem {
  /** Names the caller may have meant; all of them are theirs to see. */
  readonly near: readonly string[];

  constructor(name: string, near: readonly string[]) {
    const shown = JSON.stringify(name.slice(0, 128));
    const next =
      near.length === 0
        ? "Find one with tool_search."
        : `Did you mean ${near.join(", ")}? Or find one with tool_search.`;
    super("not_found", `There is no tool ${shown}. ${next}`, { extra: { near } });
    this.name = "UnknownTool";
    this.near = near;
  }
}

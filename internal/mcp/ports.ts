import type { Call } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";
import type { SourceChange, Tool, ToolResult } from "../tool/tool.ts";

/**
 * Who sends a request: the bearer token, else the session cookie. Throws `unauthenticated`; never reads the address.
 * A `check` does not count as use of the credential, so that an open stream keeps no idle session alive.
 */
export type Authenticate = (
  headers: { readonly authorization?: string | undefined; readonly cookie?: string | undefined },
  purpose: "use" | "check",
) => Promise<Principal>;

/** Whether a client sees search and execute with the native tools, or every tool it may call. */
export type ToolMode = "discovery" | "native";

/** What of a tool a client is told. */
export type ListedTool = Pick<
  Tool,
  "name" | "title" | "description" | "input_schema" | "output_schema" | "annotations"
>;

/** The tools as one principal sees them. */
export interface Catalogue {
  /** In the same order each time, from memory. */
  list(call: Call, mode: ToolMode): readonly ListedTool[];
  /** As `list`, as the JSON text of MCP's `tools` array; only for speed. */
  listJson?(call: Call, mode: ToolMode): string;
  /**
   * The tool this principal would call by this name. Without it, headers that repeat arguments (SEP-2243) are checked
   * for listed tools only.
   */
  find?(name: string, call: Call): ListedTool | undefined;
  /**
   * Problems of the tool are results with `isError`. Throws `not_found` for an unknown tool; may throw
   * `approval_required`, which the door answers in the way the client understands.
   */
  call(name: string, args: unknown, call: Call): Promise<ToolResult>;
  /** Hears of every change of what `list` answers. Returns the way to stop. */
  onChange(listener: (change: SourceChange) => void): () => void;
}

/** Whose open connections have to end; null stands for everyone, or for every credential of the user. */
export type Ended = { readonly user_id: string | null; readonly credential_id: string | null };

export type McpConfig = {
  /** Address people and clients use, such as `https://knot.example.com`. */
  readonly url: string;
  /** Whether every permitted tool is listed when a request does not say which mode it wants. */
  readonly native_tools: boolean;
  /** Origins of browser clients beside the daemon's own. */
  readonly allowed_origins: readonly string[];
  /** Host names accepted beside the url's and the machine's own. */
  readonly allowed_hosts: readonly string[];
  readonly session_idle_seconds: number;
  readonly max_sessions: number;
};

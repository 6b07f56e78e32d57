import type { Visibility } from "../operation/operation.ts";
import type { Permission } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";
import type { JsonSchema } from "../operation/schema.ts";
import type { Capability } from "../operation/waist.ts";
import type { Problem } from "../problem/problem.ts";

/** The MCP tool annotations (2025-11-25, schema ToolAnnotations). From a remote server they are hints, not facts. */
export type Annotations = {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
};

/** What a tool answers, as MCP's CallToolResult; relayed from remote servers without a change. */
export type ToolResult = {
  readonly content: readonly { readonly type: string; readonly [key: string]: unknown }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
  readonly isError?: boolean;
  readonly _meta?: Readonly<Record<string, unknown>>;
};

/** What an AI client can call: a capability with what a model needs to find and use it. */
export type Tool = Capability & {
  /** The name a client calls: an operation's own, or `namespace__tool`. */
  readonly name: string;
  readonly description: string;
  readonly input_schema: JsonSchema;
  readonly output_schema: JsonSchema | null;
  readonly annotations: Annotations;
  readonly visibility: Visibility;
  readonly keywords: readonly string[];
  /** Takes `idempotency_key` among its arguments; the catalogue moves it into the call. */
  readonly keyed?: boolean;
  /** The MCP result of what `run` returned. */
  readonly result: (output: unknown) => ToolResult;
};

/** Who brings tools into the catalogue: knot's operations, a remote MCP server, later scripts and methods of spaces. */
export interface ToolSource {
  /** `knot`, or the namespace. */
  readonly name: string;
  /** All tools as of now, from memory: never waits for anyone. */
  list(): readonly Tool[];
  /** The tool a client means by this name, aliases included. */
  find(name: string): Tool | undefined;
  /** Why a tool of this name cannot be known yet, and what calling it would need; null when the name is none of its. */
  awaited?(name: string): { readonly permission: Permission; readonly problem: Problem } | null;
  /** Hears of every change of `list()`. Returns the way to stop. */
  onChange(listener: (change: SourceChange) => void): () => void;
}

export type SourceChange = {
  /** Whose list changed; null for everybody's. */
  readonly user_id: Principal["user_id"] | null;
};

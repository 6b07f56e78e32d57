import type { z } from "zod";
import type { ProblemCode } from "../problem/problem.ts";
import type { Call } from "./call.ts";
import type { Permission } from "./permission.ts";

/** `read` changes nothing, `write` changes something, `destroy` cannot be undone. */
export type Effect = "read" | "write" | "destroy";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** `native` tools are always listed; `discoverable` ones are found by tool_search; `hidden` ones only answer to their name. */
export type Visibility = "native" | "discoverable" | "hidden";

/**
 * A capability of knot as data. Every door is an interpreter of this record: REST route, MCP tool, CLI command,
 * typed client, approval label, audit entry and reference row are derived from it and never written twice.
 */
export type Operation<
  Name extends string = string,
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  // biome-ignore lint/suspicious/noExplicitAny: what an operation needs is only known where it is defined
  Needs = any,
> = {
  /** verb_noun: the MCP name, the OpenAPI operationId and the audit event. */
  readonly name: Name;
  readonly title: string;
  /** Product text: help of the CLI, reference of the docs, and what a model reads. */
  readonly description: string;
  readonly effect: Effect;
  readonly idempotent: boolean;
  /** What the caller's roles must allow; `null` for anyone who is signed in. */
  readonly permission: Permission | null;
  readonly input: Input;
  readonly output: Output;
  /** The problems it may answer with beside those every call can have. */
  readonly problems: readonly ProblemCode[];
  /** The REST path below /api; `{name}` parts are taken from the input. */
  readonly path: string;
  /** Only where the effect's own method (GET, POST, DELETE) would be surprising. */
  readonly method?: Method;
  readonly tool: { readonly visibility: Visibility; readonly keywords: readonly string[] } | null;
  /** Command words and the inputs given by position; the other inputs are flags. */
  readonly command: { readonly words: readonly string[]; readonly args: readonly string[] } | null;
  /** The sentence an approver and the audit log read. Built from parsed input; never contains a secret. */
  readonly label: (input: z.output<Input>) => string;
  /** Whether it asks for approval where asking is the default; a read does not, the rest does. */
  readonly approval?: boolean;
  /** With `confirm: false` it changes nothing and only says what would be lost: that needs no approval. */
  readonly confirms?: boolean;
  /**
   * Where secrets stand in the input although the names there do not say so, as JSON Pointers (RFC 6901): whoever decides
   * about the call does not see them.
   */
  readonly secrets?: ((call: Call, input: z.output<Input>, needs: Needs) => Promise<readonly string[]>) | undefined;
  /** Creates something: takes an idempotency key over every door. */
  readonly creates?: boolean;
  readonly run: (call: Call, input: z.output<Input>, needs: Needs) => Promise<z.input<Output>>;
};

// biome-ignore lint/suspicious/noExplicitAny: the one place where the types of an operation are erased
export type AnyOperation = Operation<string, any, any, any>;

/** Defines an operation. It only checks types and freezes; `run` is one line into a service. */
export function operation<Name extends string, Input extends z.ZodObject, Output extends z.ZodObject, Needs>(
  record: Operation<Name, Input, Output, Needs>,
): Operation<Name, Input, Output, Needs> {
  return Object.freeze(record);
}

const methods = { read: "GET", write: "POST", destroy: "DELETE" } as const satisfies Record<Effect, Method>;

export const methodOf = (op: AnyOperation): Method => op.method ?? methods[op.effect];

/** The four MCP tool annotations (2025-11-25, schema ToolAnnotations), from the effect. */
export const hintsOf = (op: Pick<AnyOperation, "title" | "effect" | "idempotent">) => ({
  title: op.title,
  readOnlyHint: op.effect === "read",
  destructiveHint: op.effect === "destroy",
  idempotentHint: op.idempotent,
  openWorldHint: false,
});

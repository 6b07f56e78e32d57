import { type AnyOperation, type Effect, type Method, methodOf } from "./operation.ts";
import { type JsonSchema, jsonSchemaOf } from "./schema.ts";

/** An operation as plain JSON: what a client needs to call it, show it and ask for its input. */
export type Card = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly idempotent: boolean;
  readonly creates: boolean;
  readonly permission: string | null;
  readonly method: Method;
  /** Below the server's address, with `{field}` parts: /api/spaces/{space}. */
  readonly path: string;
  readonly command: { readonly words: readonly string[]; readonly args: readonly string[] } | null;
  readonly input_schema: JsonSchema;
  readonly output_schema: JsonSchema;
};

export const cardOf = (op: AnyOperation): Card => ({
  name: op.name,
  title: op.title,
  description: op.description,
  effect: op.effect,
  idempotent: op.idempotent,
  creates: op.creates ?? false,
  permission: op.permission,
  method: methodOf(op),
  path: `/api${op.path}`,
  command: op.command,
  input_schema: jsonSchemaOf(op.input, "input"),
  output_schema: jsonSchemaOf(op.output, "output"),
});

/** The fields of the input that stand in the path, in order. */
export const pathFields = (path: string): readonly string[] =>
  [...path.matchAll(/\{([a-z0-9_]+)\}/g)].map(([, field]) => field as string);

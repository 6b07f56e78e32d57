import { hintsOf } from "../operation/operation.ts";
import type { BoundOperation, Registry } from "../operation/registry.ts";
import { type JsonSchema, jsonSchemaOf } from "../operation/schema.ts";
import type { Tool, ToolSource } from "./tool.ts";
import { structuredResult } from "./tool-result.ts";
import { orProblem, toolSchema } from "./tool-schema.ts";

const idempotencyKey = {
  type: "string",
  minLength: 1,
  maxLength: 255,
  description: "Any text of your own; a retry with the same key creates nothing twice",
} as const;

/** knot's own operations as tools; those without `tool`, and the names in `disabled`, are left out. */
export function createOperationSource(registry: Pick<Registry, "list">, disabled: readonly string[] = []): ToolSource {
  const tools = new Map(
    registry
      .list()
      .filter(({ name }) => !disabled.includes(name))
      .flatMap(toolOf)
      .map((tool) => [tool.name, tool]),
  );
  const list = [...tools.values()];
  return { name: "knot", list: () => list, find: (name) => tools.get(name), onChange: () => () => {} };
}

function toolOf(bound: BoundOperation): readonly Tool[] {
  const { operation: op, ...capability } = bound;
  if (op.tool === null) return [];
  const input = toolSchema(jsonSchemaOf(op.input, "input"));
  const keyed = op.creates ?? false;
  return [
    {
      ...capability,
      description: op.description,
      input_schema: keyed ? withKey(input) : input,
      output_schema: orProblem(toolSchema(jsonSchemaOf(op.output, "output"))),
      annotations: hintsOf(op),
      visibility: op.tool.visibility,
      keywords: op.tool.keywords,
      keyed,
      result: structuredResult,
    },
  ];
}

const withKey = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  properties: { ...(schema["properties"] as JsonSchema | undefined), idempotency_key: idempotencyKey },
});

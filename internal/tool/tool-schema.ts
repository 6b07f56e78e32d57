import type { JsonSchema } from "../operation/schema.ts";
import type { Tool } from "./tool.ts";

/**
 * A schema as models read it: without `$schema`, which validators of draft-07 refuse and MCP implies (2025-11-25),
 * without the bounds of a safe integer, which only cost tokens, and with one type to a schema, as dialects that derive
 * from OpenAPI 3.0 want it.
 */
export function toolSchema(schema: JsonSchema): JsonSchema {
  const { $schema: _, ...rest } = schema;
  return slim(rest) as JsonSchema;
}

function slim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(slim);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(oneTyped(value))
      .filter(([key, item]) => !((key === "maximum" || key === "minimum") && isSafeBound(item)))
      .map(([key, item]) => [key, key === "additionalProperties" && isEmpty(item) ? true : slim(item)]),
  );
}

/** A schema without a word takes anything; `true` says that it is meant. */
const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** A list of types as `anyOf`; what else the schema says holds for the types it is about, wherever it stands. */
function oneTyped(schema: object): object {
  const { type, ...rest } = schema as JsonSchema;
  if (!Array.isArray(type) || "anyOf" in rest) return schema;
  return { ...rest, anyOf: type.map((one) => ({ type: one })) };
}

const isSafeBound = (value: unknown): boolean =>
  typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER;

const problemSchema = {
  type: "object",
  required: ["code", "detail"],
  properties: { code: { type: "string" }, detail: { type: "string" } },
} as const;

/**
 * An output schema that a problem fits as well: clients of the SDK's first line check the structured content of errors
 * too, and would show a schema mismatch instead of what went wrong.
 */
export function orProblem(schema: JsonSchema): JsonSchema {
  const { $defs, ...output } = schema;
  return { type: "object", ...($defs === undefined ? {} : { $defs }), anyOf: [output, problemSchema] };
}

/** The parameters in one line, as `space: string, force?: boolean`: enough for a model to call most tools. */
export function compactParameters(tool: Pick<Tool, "input_schema">): string {
  const { properties = {}, required = [] } = tool.input_schema as {
    properties?: Readonly<Record<string, unknown>>;
    required?: readonly string[];
  };
  const wanted = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties)
    .map(([name, schema]) => `${name}${wanted.has(name) ? "" : "?"}: ${typeName(schema)}`)
    .join(", ");
}

/** What a list is of, with the fields of objects: models have to get them right the first time. */
function itemName(items: unknown): string {
  const { type, properties } = (items ?? {}) as JsonSchema;
  const isObject = type === "object" && typeof properties === "object" && properties !== null;
  const fields = isObject ? `{${compactParameters({ input_schema: items as JsonSchema })}}` : "";
  return fields === "" || fields.length > 200 ? wrapped(typeName(items)) : fields;
}

function typeName(schema: unknown): string {
  if (typeof schema !== "object" || schema === null) return "any";
  const { type, enum: values, items, anyOf, const: only } = schema as JsonSchema;
  if (Array.isArray(values) && values.length <= 8) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (type === "array") return `${itemName(items)}[]`;
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return type.join(" | ");
  if (Array.isArray(anyOf)) return [...new Set(anyOf.slice(0, 4).map(typeName))].join(" | ");
  return "any";
}

const wrapped = (name: string): string => (name.includes(" | ") ? `(${name})` : name);

import type { z } from "zod";
import { nearest } from "../problem/nearest.ts";
import { type FieldError, Problem } from "../problem/problem.ts";
import { type JsonSchema, jsonSchemaOf, parse, resolved } from "./schema.ts";

/** As `parse`, but a field the schema does not know is a mistake at every level, answered with the nearest known one. */
export function parseStrictly<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const unknown = unknownFields(jsonSchemaOf(schema, "input"), raw);
  if (unknown.length === 0) return parse(schema, raw);
  const paths = new Set(unknown.map(({ path }) => path));
  const errors = [...mistakesOf(schema, raw).filter(({ path }) => !paths.has(path)), ...unknown];
  throw new Problem("invalid_input", `${errors[0]?.path || "The input"}: ${errors[0]?.message}.`, { errors });
}

function mistakesOf(schema: z.ZodType, raw: unknown): readonly FieldError[] {
  try {
    parse(schema, raw);
    return [];
  } catch (thrown) {
    return thrown instanceof Problem ? thrown.errors : [];
  }
}

/** Every field of the value that no branch of a closed object schema knows. */
function unknownFields(
  schema: JsonSchema,
  value: unknown,
  root: JsonSchema = schema,
  path = "",
): readonly FieldError[] {
  if (typeof value !== "object" || value === null) return [];
  const branches = branchesOf(schema, root);
  if (Array.isArray(value)) {
    const items = branches.find(({ type }) => type === "array")?.["items"] as JsonSchema | undefined;
    return items === undefined ? [] : value.flatMap((item, at) => unknownFields(items, item, root, `${path}/${at}`));
  }
  const objects = branches.filter((branch) => branch["properties"] !== undefined || branch["type"] === "object");
  return Object.entries(value).flatMap(([key, item]) => {
    const known = objects.flatMap((object) => fieldOf(object, key));
    const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (known.length > 0) return unknownFields({ anyOf: known }, item, root, at);
    return objects.length > 0 ? [{ path: at, message: unknownMessage(key, objects) }] : [];
  });
}

/** The alternatives of a schema, with references followed and unions flattened. */
export function branchesOf(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf, ...rest } = resolved(schema, root);
  const inner = [...((anyOf ?? []) as JsonSchema[]), ...((oneOf ?? []) as JsonSchema[])];
  return inner.length === 0 ? [rest] : inner.flatMap((branch) => branchesOf(branch, root));
}

/** What an object schema says about a field: nothing when it is closed and does not know it. */
function fieldOf(object: JsonSchema, key: string): readonly JsonSchema[] {
  const properties = (object["properties"] ?? {}) as Record<string, JsonSchema>;
  if (Object.hasOwn(properties, key)) return [properties[key] as JsonSchema];
  const rest = object["additionalProperties"];
  return rest === false ? [] : [typeof rest === "object" && rest !== null ? (rest as JsonSchema) : {}];
}

function unknownMessage(key: string, objects: readonly JsonSchema[]): string {
  const known = objects.flatMap((object) => Object.keys(object["properties"] ?? {}));
  const meant = nearest(key, known);
  if (meant !== undefined) return `is not a known field; did you mean "${meant}"?`;
  return known.length === 0
    ? "is not a known field; there are none"
    : `is not a known field; known are ${known.join(", ")}`;
}

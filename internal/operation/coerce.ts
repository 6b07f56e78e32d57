import { type JsonSchema, resolved } from "./schema.ts";
import { branchesOf } from "./strict.ts";

/**
 * The value that texts of a query string or a command line stand for, as the JSON schema wants it: numbers, booleans,
 * lists by repetition, objects as JSON. A text that does not fit stays a text, so that the schema refuses it by name.
 */
export function coerce(schema: JsonSchema, texts: readonly string[], root: JsonSchema = schema): unknown {
  const branches = branchesOf(schema, root);
  const list = branches.find((branch) => branch["type"] === "array");
  if (list !== undefined)
    return texts.map((text) => coerceOne(branchesOf((list["items"] ?? {}) as JsonSchema, root), text));
  return texts.length === 1 ? coerceOne(branches, texts[0] as string) : [...texts];
}

/** The JSON schema of one field of an object schema, references followed; undefined when it has none. */
export function fieldSchema(object: JsonSchema, field: string, root: JsonSchema = object): JsonSchema | undefined {
  const properties = (resolved(object, root)["properties"] ?? {}) as Record<string, JsonSchema>;
  return Object.hasOwn(properties, field) ? properties[field] : undefined;
}

/** The JSON types a schema accepts: string, number, boolean, array, object, null. */
export function typesOf(schema: JsonSchema, root: JsonSchema): ReadonlySet<string> {
  return typesOfBranches(branchesOf(schema, root));
}

function typesOfBranches(branches: readonly JsonSchema[]): ReadonlySet<string> {
  const types = branches.flatMap((branch) => {
    if (branch["type"] !== undefined) return branch["type"] as string | string[];
    const values = (branch["enum"] as unknown[] | undefined) ?? ("const" in branch ? [branch["const"]] : []);
    return values.map((value) => (value === null ? "null" : typeof value));
  });
  return new Set(types.map((type) => (type === "integer" ? "number" : type)));
}

function coerceOne(branches: readonly JsonSchema[], text: string): unknown {
  const types = typesOfBranches(branches);
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.has("number") && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (types.has("string")) return text;
  if (types.has("null") && text === "null") return null;
  return types.size === 0 || types.has("object") || types.has("array") ? fromJson(text) : text;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

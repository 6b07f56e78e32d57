import type { JsonSchema } from "../operation/schema.ts";

const mark = "x-mcp-header";
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Whether every `x-mcp-header` of an input schema keeps the rules (SEP-2243): on a string, integer or boolean that is
 * reached through `properties` alone, named with an RFC 9110 token that no other has. A tool that breaks them is left out.
 */
export function hasValidHeaderMarks(schema: JsonSchema): boolean {
  const all = JSON.stringify(schema).split(`"${mark}":`).length - 1;
  if (all === 0) return true;
  const names = [...reachable(schema)];
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  return names.length === all && distinct.size === all && names.every((name) => token.test(name));
}

function* reachable(schema: unknown): Generator<string> {
  if (typeof schema !== "object" || schema === null) return;
  const { type, properties } = schema as JsonSchema;
  const name = (schema as JsonSchema)[mark];
  if (typeof name === "string" && (type === "string" || type === "integer" || type === "boolean")) yield name;
  if (typeof properties !== "object" || properties === null) return;
  for (const property of Object.values(properties)) yield* reachable(property);
}

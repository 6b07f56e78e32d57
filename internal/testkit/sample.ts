import type { JsonSchema } from "../operation/schema.ts";
import { branchesOf } from "../operation/strict.ts";

const uuid = "3f2b8a54-6f0e-4c0b-9d55-1d1f5f8f6a10";

/** Texts that fit most patterns: names, ids, addresses, paths, images, cron-like words. */
const texts = [
  "dev",
  "sample-1",
  uuid,
  "a@example.com",
  "https://example.com/",
  "/tmp/x",
  "1",
  "16:00",
  "node:24",
  "*",
  "space.state",
  "x".repeat(12),
  "a".repeat(64),
  `1:${"a".repeat(64)}`,
  "Correct-horse-9-battery",
];

/** A value that fits a JSON schema, with every optional field filled in. `secret` stands where `isSecret` says so. */
export function sampleOf(
  schema: JsonSchema,
  options: { readonly isSecret?: (field: string, schema: JsonSchema) => boolean; readonly secret?: string } = {},
  root: JsonSchema = schema,
  field = "",
): unknown {
  const [branch = {}] = branchesOf(schema, root);
  if (branch["const"] !== undefined) return branch["const"];
  if (Array.isArray(branch["enum"])) return branch["enum"][0];
  const [type] = ([] as unknown[]).concat(branch["type"] ?? []);
  if (type === "object") return objectOf(branch, options, root);
  if (type === "array") return [sampleOf((branch["items"] ?? {}) as JsonSchema, options, root, field)];
  if (type === "boolean") return true;
  if (type === "number" || type === "integer") return numberOf(branch);
  if (type === "null") return null;
  if (options.isSecret?.(field, schema) && options.secret !== undefined) return options.secret;
  return texts.find((text) => fits(text, branch)) ?? "dev";
}

function objectOf(
  branch: JsonSchema,
  options: Parameters<typeof sampleOf>[1],
  root: JsonSchema,
): Record<string, unknown> {
  const properties = Object.entries((branch["properties"] ?? {}) as Record<string, JsonSchema>);
  return Object.fromEntries(properties.map(([name, inner]) => [name, sampleOf(inner, options, root, name)]));
}

function numberOf(branch: JsonSchema): number {
  const least = (branch["minimum"] ?? branch["exclusiveMinimum"] ?? 1) as number;
  return Math.max(1, branch["exclusiveMinimum"] === undefined ? least : least + 1);
}

function fits(text: string, branch: JsonSchema): boolean {
  const {
    minLength = 0,
    maxLength = Infinity,
    pattern,
    format,
  } = branch as { minLength?: number; maxLength?: number; pattern?: string; format?: string };
  if (text.length < minLength || text.length > maxLength) return false;
  if (format === "uuid" && text !== uuid) return false;
  if (format === "email" && !text.includes("@")) return false;
  if ((format === "uri" || format === "url") && !text.startsWith("https:")) return false;
  return pattern === undefined || new RegExp(pattern, "u").test(text);
}

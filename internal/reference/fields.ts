import type { JsonSchema } from "../operation/schema.ts";
import { branchesOf } from "../operation/strict.ts";
import { code } from "./markdown.ts";

/** The rows of an object schema's fields: name, type, meaning; nested objects with dotted names, those of a list as `list[].field`. */
export function fieldRows(
  object: JsonSchema,
  io: "input" | "output",
  root: JsonSchema = object,
  prefix = "",
): readonly (readonly string[])[] {
  const required = new Set(io === "input" ? ((object["required"] ?? []) as string[]) : []);
  return Object.entries((object["properties"] ?? {}) as Record<string, JsonSchema>).flatMap(([name, schema]) => {
    const inner = branchesOf(schema, root).find((branch) => branch["properties"] !== undefined);
    const path = prefix + name;
    const row = [code(path), typeText(schema, root), meaningOf(schema, root, required.has(name))];
    // shared things are described once, under their own name
    const isShared = typeof schema["$ref"] === "string";
    if (isShared || prefix.split(".").length > 2) return [row];
    const item = io === "input" && schema["type"] === "array" ? ((schema["items"] ?? {}) as JsonSchema) : {};
    const ofItem = branchesOf(item, root).find((branch) => branch["properties"] !== undefined);
    if (ofItem !== undefined) return [row, ...fieldRows(ofItem, io, root, `${path}[].`)];
    if (inner === undefined) return [row];
    return [row, ...fieldRows(inner, io, root, `${path}.`)];
  });
}

/** The type of a field for people: text, whole number, list of Space, one of a few words. */
function typeText(schema: JsonSchema, root: JsonSchema): string {
  const ref = schema["$ref"];
  if (typeof ref === "string") return ref.split("/").at(-1) as string;
  const union = (schema["anyOf"] ?? schema["oneOf"]) as readonly JsonSchema[] | undefined;
  if (union !== undefined) return [...new Set(union.map((branch) => typeText(branch, root)))].join(" or ");
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(", ");
  if (schema["type"] === "array") return `list of ${typeText((schema["items"] ?? {}) as JsonSchema, root)}`;
  const types = ([] as unknown[]).concat(schema["type"] ?? []).map((type) => names[String(type)] ?? String(type));
  return types.join(" or ") || "anything";
}

const names: Readonly<Record<string, string>> = { string: "text", integer: "whole number", boolean: "yes or no" };

function meaningOf(schema: JsonSchema, root: JsonSchema, isRequired: boolean): string {
  const description = schema["description"] ?? branchesOf(schema, root)[0]?.["description"] ?? "";
  const fallback = schema["default"];
  const notes = [
    ...(isRequired ? ["required"] : []),
    ...(fallback === undefined ? [] : [`default ${code(JSON.stringify(fallback))}`]),
  ];
  return notes.length === 0 ? String(description) : `${description} (${notes.join("; ")})`;
}

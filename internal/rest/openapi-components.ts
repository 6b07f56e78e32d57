import type { AnyOperation } from "../operation/operation.ts";
import { canonicalJson, type JsonSchema, jsonSchemaOf, resolved } from "../operation/schema.ts";
import { problems } from "../problem/problem.ts";

/** The shared schemas of a document, and each operation's own with its references pointing at them. */
export type Components = {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  readonly input: (op: AnyOperation) => JsonSchema;
  readonly output: (op: AnyOperation) => JsonSchema;
};

/**
 * Hoists the $defs of all inputs and outputs into one place. A schema that differs between what is accepted and what
 * is answered has two names there: Space and SpaceInput.
 */
export function createComponents(operations: readonly AnyOperation[]): Components {
  const schemas: Record<string, JsonSchema> = { Problem: problemSchema };
  const meanings = new Map<string, string>();
  const hoist = (document: JsonSchema, io: "input" | "output"): JsonSchema => {
    const definitions = Object.entries((document["$defs"] ?? {}) as Record<string, JsonSchema>);
    const names = new Map<string, string>();
    for (const [id, schema] of definitions) {
      const meaning = canonicalJson(inlined(schema, document));
      names.set(id, nameFor(id, io, meaning, meanings));
    }
    for (const [id, schema] of definitions) {
      schemas[names.get(id) as string] ??= renamed(schema, names) as JsonSchema;
    }
    const { $defs, $schema, ...own } = document;
    return renamed(own, names) as JsonSchema;
  };
  const outputs = new Map(operations.map((op) => [op.name, hoist(jsonSchemaOf(op.output, "output"), "output")]));
  const inputs = new Map(operations.map((op) => [op.name, hoist(jsonSchemaOf(op.input, "input"), "input")]));
  return {
    schemas,
    input: (op) => inputs.get(op.name) as JsonSchema,
    output: (op) => outputs.get(op.name) as JsonSchema,
  };
}

function nameFor(id: string, io: "input" | "output", meaning: string, meanings: Map<string, string>): string {
  const names = io === "input" ? [id, `${id}Input`] : [id];
  for (const name of names) {
    if ((meanings.get(name) ?? meaning) === meaning) {
      meanings.set(name, meaning);
      return name;
    }
  }
  throw new Error(`Two different schemas have the id "${id}".`);
}

/** The schema with every reference replaced by what it stands for, so that equal means equal. */
function inlined(value: unknown, root: JsonSchema, above: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, root, above));
  if (typeof value !== "object" || value === null) return value;
  const ref = (value as JsonSchema)["$ref"];
  if (typeof ref === "string") {
    return above.includes(ref) ? { $ref: ref } : inlined(resolved(value as JsonSchema, root), root, [...above, ref]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inlined(item, root, above)]));
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key !== "$ref" || typeof item !== "string") return [key, renamed(item, names)];
      const id = item.replace("#/$defs/", "");
      return [key, `#/components/schemas/${names.get(id) ?? id}`];
    }),
  );
}

const problemSchema: JsonSchema = {
  type: "object",
  description: "A problem document (RFC 9457)",
  properties: {
    type: { type: "string", description: "Its row in the reference" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(problems), description: "The stable name of the problem" },
    detail: { type: "string", description: "What failed, why, and what to do next" },
    instance: { type: "string", description: "The id of the call, to find it in the audit log" },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: {
          path: { type: "string", description: "JSON pointer into the input" },
          message: { type: "string" },
        },
        required: ["path", "message"],
      },
    },
  },
  required: ["type", "title", "status", "code", "detail"],
};

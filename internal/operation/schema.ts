import { createHash } from "node:crypto";
import { z } from "zod";
import { type FieldError, Problem } from "../problem/problem.ts";
import { mistakeIn } from "./mistake.ts";

/** JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const cache = new WeakMap<z.ZodType, Partial<Record<"input" | "output", JsonSchema>>>();

/** The JSON Schema (2020-12) of what a schema accepts (`input`) or yields (`output`); computed once. */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const known = cache.get(schema) ?? {};
  cache.set(schema, known);
  known[io] ??= z.toJSONSchema(schema, {
    io,
    target: "draft-2020-12",
    // what callers send is closed at every level: a misspelt field is an error, not a value that is lost
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (io === "input" && def.type === "object" && def.catchall === undefined)
        jsonSchema.additionalProperties = false;
    },
  }) as JsonSchema;
  return known[io];
}

/** The schema a `$ref` into `$defs` of the same document stands for; any other schema as it is. */
export function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const ref = schema["$ref"];
  if (typeof ref !== "string") return schema;
  const found = ref
    .split("/")
    .slice(1)
    .reduce<unknown>((at, part) => (at as JsonSchema | undefined)?.[part], root);
  return found === undefined ? {} : resolved(found as JsonSchema, root);
}

/** Parses with the schema, or throws `invalid_input` with every mistake and its JSON pointer. */
export function parse<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const parsed = schema.safeParse(raw, { error: mistakeIn });
  if (parsed.success) return parsed.data;
  const errors: FieldError[] = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: pointer([...issue.path, key]), message: "is not a known field" }))
      : [{ path: pointer(issue.path), message: issue.message }],
  );
  const first = errors[0];
  throw new Problem("invalid_input", `${first?.path || "The input"}: ${first?.message ?? "does not fit the schema"}.`, {
    errors,
  });
}

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** SHA-256, in hex, of a JSON value with sorted keys: equal values have equal hashes. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** JSON with the keys of every object sorted, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

import type { FastifyRequest } from "fastify";
import { type Card, pathFields } from "../operation/card.ts";
import { coerce, fieldSchema } from "../operation/coerce.ts";
import type { JsonSchema } from "../operation/schema.ts";
import { type FieldError, Problem } from "../problem/problem.ts";

type Input = Record<string, unknown>;

/**
 * The one input object of a request: path parts, and the query of GET and DELETE or the JSON body of the rest.
 * The waist checks it; here only what two sources say differently is refused.
 */
export function inputOf({ method, path, input_schema }: Card, request: FastifyRequest): Input {
  const inQuery = method === "GET" || method === "DELETE";
  const query = new URLSearchParams(request.url.split("?").slice(1).join("?"));
  if (inQuery && hasBody(request.body)) {
    throw new Problem("malformed", `${method} ${path} takes its input from the query, not from a body.`);
  }
  if (!inQuery && query.size > 0) {
    throw new Problem("malformed", `${method} ${path} takes its input from a JSON body, not from the query.`);
  }
  const named = inQuery ? fromQuery(query, input_schema) : fromBody(request.body);
  return withPath(named, request.params as Record<string, string>, path, input_schema);
}

const hasBody = (body: unknown): boolean =>
  body !== undefined && body !== null && !(typeof body === "object" && Object.keys(body).length === 0);

function fromBody(body: unknown): Input {
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body)) {
    throw new Problem("malformed", "The body must be one JSON object.");
  }
  return { ...body };
}

function fromQuery(query: URLSearchParams, schema: JsonSchema): Input {
  const input: Input = Object.create(null);
  for (const key of new Set(query.keys())) {
    const texts = query.getAll(key);
    const field = fieldSchema(schema, key);
    input[key] = field === undefined ? texts[0] : coerce(field, texts, schema);
  }
  return input;
}

function withPath(input: Input, params: Record<string, string>, path: string, schema: JsonSchema): Input {
  const errors: FieldError[] = [];
  for (const field of pathFields(path)) {
    const value = coerce(fieldSchema(schema, field) ?? {}, [params[field] ?? ""], schema);
    if (Object.hasOwn(input, field) && input[field] !== value) {
      errors.push({ path: `/${field}`, message: "differs from the one in the path; give it once" });
    }
    input[field] = value;
  }
  if (errors.length > 0) throw new Problem("invalid_input", `${errors[0]?.path}: ${errors[0]?.message}.`, { errors });
  return input;
}

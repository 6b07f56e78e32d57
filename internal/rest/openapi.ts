import { type Card, cardOf, pathFields } from "../operation/card.ts";
import type { AnyOperation } from "../operation/operation.ts";
import type { JsonSchema } from "../operation/schema.ts";
import { branchesOf } from "../operation/strict.ts";
import { type ProblemCode, problems } from "../problem/problem.ts";
import { type Components, createComponents } from "./openapi-components.ts";
import { plainPaths } from "./openapi-plain.ts";

type Json = Readonly<Record<string, unknown>>;

/** What every call can answer beside its own problems. */
const common: readonly ProblemCode[] = [
  ...(["malformed", "invalid_input", "unauthenticated", "forbidden", "rate_limited", "cancelled"] as const),
  ...(["unavailable", "internal"] as const),
];

/** The OpenAPI 3.1 document of these operations and of REST's plain routes. */
export function openapiOf(operations: readonly AnyOperation[], version: string): Json {
  const components = createComponents(operations);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const op of operations) {
    const card = cardOf(op);
    paths[card.path] = { ...paths[card.path], [card.method.toLowerCase()]: operationOf(op, card, components) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "knot",
      version,
      description: "Self-hosted dev environments. Every operation is also a command of the CLI and a tool of /mcp.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(operations.map(tagOf))].sort().map((name) => ({ name })),
    paths: { ...paths, ...plainPaths },
    components: {
      schemas: components.schemas,
      responses: responses(),
      parameters: headerParameters,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token with the scope api" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "knot_session",
          description: "What signing in with a browser sets",
        },
      },
    },
  };
}

const tagOf = ({ path }: AnyOperation): string => path.split("/")[1] as string;

function operationOf(op: AnyOperation, card: Card, components: Components): Json {
  const input = components.input(op);
  const inQuery = card.method === "GET" || card.method === "DELETE";
  const body = inQuery ? null : bodyOf(input, card.path);
  return {
    operationId: op.name,
    summary: op.title,
    description: op.description,
    tags: [tagOf(op)],
    "x-knot-effect": op.effect,
    "x-knot-permission": op.permission,
    parameters: parametersOf(op, card, input, inQuery),
    ...(body === null ? {} : { requestBody: body }),
    responses: responsesOf(op, components.output(op)),
  };
}

function parametersOf(op: AnyOperation, card: Card, input: JsonSchema, inQuery: boolean): readonly Json[] {
  const inPath = pathFields(card.path);
  const required = (input["required"] ?? []) as readonly string[];
  const properties = Object.entries((input["properties"] ?? {}) as Record<string, JsonSchema>);
  const fields = properties.flatMap(([name, schema]) => {
    const place = inPath.includes(name) ? "path" : inQuery ? "query" : null;
    if (place === null) return [];
    const { description = branchesOf(schema, schema)[0]?.["description"], ...rest } = schema;
    return { name, in: place, required: place === "path" || required.includes(name), description, schema: rest };
  });
  if (op.effect === "read") return fields;
  const headers = ["IdempotencyKey", "Approval"].map((name) => ({ $ref: `#/components/parameters/${name}` }));
  return [...fields, ...headers];
}

function bodyOf(input: JsonSchema, path: string): Json | null {
  const inPath = new Set(pathFields(path));
  const properties = Object.entries((input["properties"] ?? {}) as Json).filter(([name]) => !inPath.has(name));
  if (properties.length === 0) return null;
  const required = ((input["required"] ?? []) as string[]).filter((name) => !inPath.has(name));
  const schema = { ...input, properties: Object.fromEntries(properties), required };
  return { required: required.length > 0, content: { "application/json": { schema } } };
}

function responsesOf(op: AnyOperation, output: JsonSchema): Json {
  const codes = [
    ...new Set([...op.problems, ...common, ...(op.effect === "read" ? [] : (["approval_required"] as const))]),
  ];
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  const errors = [...byStatus].map(([status, of]) => [
    String(status),
    { ...problemResponse, description: of.map((code) => `\`${code}\`: ${problems[code].title}`).join("; ") },
  ]);
  const content = {
    "application/json": { schema: output },
    ...(op.effect === "read" ? {} : { "text/event-stream": { schema: { type: "string", description: streamText } } }),
  };
  return { "200": { description: "Done", content }, ...Object.fromEntries(errors), default: problemRef };
}

const streamText = "`progress` events while it runs, then one `result` event with the output or one `problem` event";

const problemRef = { $ref: "#/components/responses/Problem" };

const problemResponse = {
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

const responses = (): Json => ({ Problem: { ...problemResponse, description: "Any other problem (RFC 9457)" } });

const headerParameters: Json = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description: "Calls of one user to one operation with the same key have one effect and one answer",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  },
  Approval: {
    name: "Knot-Approval",
    in: "header",
    description: "The id of the approval this call is a retry of",
    schema: { type: "string" },
  },
};

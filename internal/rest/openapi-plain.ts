const problem = { $ref: "#/components/responses/Problem" };

const json = (description: string, properties: Readonly<Record<string, object>> = {}) => ({
  "200": { description, content: { "application/json": { schema: { type: "object", properties } } } },
  default: problem,
});

const text = (description: string) => ({ type: "string", description });

const bodyOf = (properties: Readonly<Record<string, object>>, required: readonly string[]) => ({
  required: true,
  content: { "application/json": { schema: { type: "object", properties, required, additionalProperties: false } } },
});

const login = bodyOf({ login: text("Username or e-mail address"), password: text("Password") }, ["login", "password"]);

const setup = bodyOf(
  {
    token: text("The one-time token that the daemon printed"),
    username: text("Username of the first administrator"),
    email: text("E-mail address"),
    password: text("Password"),
  },
  ["token", "username", "password"],
);

const user = {
  user: { type: "object", properties: { id: { type: "string" }, username: { type: "string" } } },
};

const open = { security: [], tags: ["auth"] };

/** What OpenAPI says of REST's plain routes (plain-routes.ts); a test holds the two lists equal. */
export const plainPaths = {
  "/api/auth/login": {
    post: {
      ...open,
      operationId: "login",
      summary: "Sign in with a browser; sets the session cookie",
      requestBody: login,
      responses: json("Signed in", user),
    },
  },
  "/api/auth/logout": {
    post: { ...open, operationId: "logout", summary: "End the session of the cookie", responses: json("Signed out") },
  },
  "/api/auth/setup": {
    get: {
      ...open,
      operationId: "get_setup",
      summary: "Whether the first administrator is still to be made",
      responses: json("The answer", { required: { type: "boolean" } }),
    },
    post: {
      ...open,
      operationId: "setup",
      summary: "Make the first administrator and sign in; only once",
      requestBody: setup,
      responses: json("Signed in", user),
    },
  },
  "/api/operations": {
    get: {
      operationId: "list_operations",
      summary: "Every operation as a card: route, schemas, command",
      tags: ["server"],
      parameters: [
        { name: "view", in: "query", description: "routes: only how to call them", schema: { enum: ["routes"] } },
      ],
      responses: json("The cards", { operations: { type: "array", items: { type: "object" } } }),
    },
  },
  "/api/openapi.json": {
    get: {
      operationId: "get_openapi",
      summary: "This document",
      tags: ["server"],
      responses: json("The document"),
    },
  },
  "/api/events/stream": {
    get: {
      operationId: "stream_events",
      summary: "Events as they happen (server-sent events)",
      tags: ["events"],
      parameters: [
        { name: "after", in: "query", description: "Resume after this seq", schema: { type: "integer" } },
        {
          name: "Last-Event-ID",
          in: "header",
          description: "The same, as browsers send it",
          schema: { type: "string" },
        },
      ],
      responses: {
        "200": { description: "The stream", content: { "text/event-stream": { schema: { type: "string" } } } },
        default: problem,
      },
    },
  },
  "/docs/reference/problems": {
    get: {
      security: [],
      operationId: "get_problems_page",
      summary: "What each code of a problem means, for people; the `type` of a problem links here",
      tags: ["server"],
      responses: {
        "200": { description: "The page", content: { "text/html": { schema: { type: "string" } } } },
        default: problem,
      },
    },
  },
  "/healthz": {
    get: {
      security: [],
      operationId: "get_health",
      summary: "Whether the daemon runs",
      tags: ["server"],
      responses: json("It runs"),
    },
  },
  "/readyz": {
    get: {
      security: [],
      operationId: "get_readiness",
      summary: "Whether the daemon can serve, part by part; 503 when it cannot",
      tags: ["server"],
      responses: json("It is ready", { ready: { type: "boolean" }, checks: { type: "object" } }),
    },
  },
  "/metrics": {
    get: {
      operationId: "get_metrics",
      summary: "Prometheus metrics, from this machine or with the permission server.manage",
      tags: ["server"],
      responses: {
        "200": { description: "The metrics", content: { "text/plain": { schema: { type: "string" } } } },
        default: problem,
      },
    },
  },
} as const;

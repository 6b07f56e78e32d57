import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Event } from "../../internal/event/schema.ts";
import { Problem, problemOf } from "../../internal/problem/problem.ts";
import { type Operation, operationsOf } from "./fake-operations.ts";
import { createWorld, type World } from "./fake-world.ts";

const dist = join(import.meta.dirname, "../dist");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export type FakeDaemon = {
  readonly origin: string;
  readonly setupUrl: string;
  readonly world: World;
  readonly close: () => Promise<void>;
};

/** A daemon in memory that serves the built web app and answers like the real one, for tests and for looking at pages. */
export async function startFakeDaemon({
  port = 0,
  stepMs = 120,
}: {
  port?: number;
  stepMs?: number;
} = {}): Promise<FakeDaemon> {
  const world = createWorld(stepMs);
  const server = fastify({ forceCloseConnections: true });
  server.addHook("onSend", async (_request, reply) => {
    reply.header("content-security-policy", policy);
  });
  server.setErrorHandler((error, _request, reply) => refuse(reply, error));
  addAuth(server, world);
  addEvents(server, world);
  addOperations(server, world, operationsOf(world));
  addFiles(server);
  await server.listen({ port, host: "127.0.0.1" });
  const origin = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    origin,
    setupUrl: `${origin}/setup?token=${world.setupToken}`,
    world,
    close: async () => {
      world.close();
      await server.close();
    },
  };
}

function refuse(reply: FastifyReply, thrown: unknown) {
  const problem = problemOf(thrown);
  if (problem.code === "internal") console.error(thrown);
  return reply.code(problem.status).type("application/problem+json").send(problem.toDocument(randomUUID()));
}

const sessionOf = (request: FastifyRequest): string =>
  /knot_session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";

function addAuth(server: FastifyInstance, world: World): void {
  const open = (request: FastifyRequest, reply: FastifyReply) => {
    const id = world.openSession(String(request.headers["user-agent"] ?? ""));
    return reply
      .header("set-cookie", `knot_session=${id}; Path=/; HttpOnly; SameSite=Strict`)
      .send({ user: world.user });
  };
  server.get("/api/auth/setup", async () => ({ required: world.password === null }));
  server.post("/api/auth/setup", async (request, reply) => {
    world.setUp(request.body as Record<string, string>);
    return open(request, reply);
  });
  server.post("/api/auth/login", async (request, reply) => {
    world.checkPassword(request.body as Record<string, string>);
    return open(request, reply);
  });
  server.post("/api/auth/logout", async (request, reply) => {
    world.sessions.delete(sessionOf(request));
    return reply.header("set-cookie", "knot_session=; Path=/; Max-Age=0").send({ ok: true });
  });
}

function addEvents(server: FastifyInstance, world: World): void {
  server.get("/api/events/stream", async (request, reply) => {
    world.signedIn(sessionOf(request));
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    const after = Number((request.query as { after?: string }).after ?? world.seq());
    const send = (event: Event) => reply.raw.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    reply.raw.write(`: ok\n\nid: ${after}\nevent: open\ndata: {"seq":${after}}\n\n`);
    for (const event of world.events.slice(after)) send(event);
    const stop = world.listen(send);
    world.streams.add(reply.raw);
    reply.raw.on("close", stop);
  });
}

function addOperations(server: FastifyInstance, world: World, operations: readonly Operation[]): void {
  server.get("/api/operations", async (request) => {
    world.signedIn(sessionOf(request));
    return {
      operations: operations.map(({ name, method, path, effect }) => ({ name, method, path: `/api${path}`, effect })),
    };
  });
  for (const { method, path, run } of operations) {
    server.route({
      method,
      url: `/api${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
      handler: async (request) => {
        const session = sessionOf(request);
        world.signedIn(session);
        const parts = [request.query, request.body, request.params] as Record<string, unknown>[];
        return run(Object.assign({}, ...parts), session);
      },
    });
  }
}

function addFiles(server: FastifyInstance): void {
  server.get("/*", async (request, reply) => {
    const path = `/${(request.params as { "*": string })["*"]}`;
    if (path.startsWith("/api")) throw new Problem("not_found", "There is no such route.");
    const file = extname(path) === "" ? "index.html" : path;
    return reply.type(types[extname(file)] ?? "text/plain").send(await readFile(join(dist, file)));
  });
}

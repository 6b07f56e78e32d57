import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Card, cardOf } from "../operation/card.ts";
import type { Principal } from "../operation/principal.ts";
import type { BoundOperation, Registry } from "../operation/registry.ts";
import type { JsonSchema } from "../operation/schema.ts";
import { problemOf } from "../problem/problem.ts";
import { openEventStream } from "./event-stream.ts";
import type { Gate } from "./gate.ts";
import { inputOf } from "./input.ts";
import { sendProblem } from "./problem-reply.ts";
import { callOf } from "./request-call.ts";

type Deps = {
  readonly registry: Registry;
  readonly gate: Gate;
  readonly stopping?: AbortSignal | undefined;
  /** The Set-Cookie value of a session whose secret this call has replaced; null for all others. */
  readonly renewedCookie?: ((principal: Principal) => string | null) | undefined;
};

/** Adds the route of one operation. It only translates: the waist authorizes, parses, approves and audits. */
export function addOperationRoute(server: FastifyInstance, { operation }: BoundOperation, deps: Deps): void {
  const card = cardOf(operation);
  const principals = new WeakMap<FastifyRequest, Principal>();
  server.route({
    method: card.method,
    url: card.path.replaceAll(/\{([a-z0-9_]+)\}/g, ":$1"),
    exposeHeadRoute: false,
    bodyLimit: bodyLimitOf(card.input_schema),
    // before the body is read: a stranger gets no memory
    onRequest: async (request) => void principals.set(request, await deps.gate.admit(request)),
    handler: (request, reply) => answer(card, principals.get(request) as Principal, request, reply, deps),
  });
}

const usualBodyLimit = 1024 * 1024;

/** 1 MiB, unless a text field may be longer: then what it takes in JSON, where one byte can become two. */
export function bodyLimitOf(input: JsonSchema): number {
  const fields = Object.values((input["properties"] ?? {}) as Record<string, JsonSchema>);
  const longest = Math.max(0, ...fields.map((field) => (field["maxLength"] as number | undefined) ?? 0));
  return longest * 2 <= usualBodyLimit ? usualBodyLimit : longest * 2 + 64 * 1024;
}

async function answer(
  card: Card,
  principal: Principal,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Deps,
): Promise<unknown> {
  const input = inputOf(card, request);
  if (card.effect !== "read" && request.headers.accept?.includes("text/event-stream")) {
    return streamed(card, input, { principal, request, reply, stopping: deps.stopping }, deps.registry);
  }
  const call = callOf({ principal, request, reply, stopping: deps.stopping });
  reply.header("knot-call-id", call.id);
  try {
    const output = await deps.registry.invoke(card.name, input, call);
    const cookie = deps.renewedCookie?.(principal) ?? null;
    if (cookie !== null) reply.header("set-cookie", cookie);
    return output;
  } catch (thrown) {
    return sendProblem(reply, problemOf(thrown), call.id);
  }
}

/** Answers with `progress` events while the call runs, then one `result` or `problem` event. */
async function streamed(
  card: Card,
  input: unknown,
  parts: Parameters<typeof callOf>[0],
  registry: Registry,
): Promise<void> {
  const stream = openEventStream(parts.reply);
  const call = callOf({ ...parts, report: (data) => stream.offer({ event: "progress", data }) });
  try {
    await stream.send({ event: "result", data: await registry.invoke(card.name, input, call) });
  } catch (thrown) {
    await stream.send({ event: "problem", data: problemOf(thrown).toDocument(call.id) });
  } finally {
    stream.end();
  }
}

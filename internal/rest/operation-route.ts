import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Card, cardOf } from "../operation/card.ts";
import type { BoundOperation, Registry } from "../operation/registry.ts";
import { problemOf } from "../problem/problem.ts";
import { openEventStream } from "./event-stream.ts";
import type { Gate } from "./gate.ts";
import { inputOf } from "./input.ts";
import { sendProblem } from "./problem-reply.ts";
import { callOf } from "./request-call.ts";

type Deps = { readonly registry: Registry; readonly gate: Gate; readonly stopping?: AbortSignal | undefined };

/** Adds the route of one operation. It only translates: the waist authorizes, parses, approves and audits. */
export function addOperationRoute(server: FastifyInstance, { operation }: BoundOperation, deps: Deps): void {
  const card = cardOf(operation);
  server.route({
    method: card.method,
    url: card.path.replaceAll(/\{([a-z0-9_]+)\}/g, ":$1"),
    exposeHeadRoute: false,
    handler: (request, reply) => answer(card, request, reply, deps),
  });
}

async function answer(card: Card, request: FastifyRequest, reply: FastifyReply, deps: Deps): Promise<unknown> {
  const principal = await deps.gate.admit(request);
  const input = inputOf(card, request);
  if (card.effect !== "read" && request.headers.accept?.includes("text/event-stream")) {
    return streamed(card, input, { principal, request, reply, stopping: deps.stopping }, deps.registry);
  }
  const call = callOf({ principal, request, reply, stopping: deps.stopping });
  reply.header("knot-call-id", call.id);
  try {
    return await deps.registry.invoke(card.name, input, call);
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
  const call = callOf({ ...parts, report: (data) => void stream.send({ event: "progress", data }) });
  try {
    await stream.send({ event: "result", data: await registry.invoke(card.name, input, call) });
  } catch (thrown) {
    await stream.send({ event: "problem", data: problemOf(thrown).toDocument(call.id) });
  } finally {
    stream.end();
  }
}

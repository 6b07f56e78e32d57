import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../operation/principal.ts";
import { isAllowed } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import { openEventStream } from "./event-stream.ts";
import type { Authenticate, EventFeed } from "./ports.ts";
import { doorOf } from "./request-call.ts";

type Deps = {
  readonly authenticate: Authenticate;
  readonly events: EventFeed;
  readonly draining?: AbortSignal;
  readonly recheckMs?: number;
  readonly onInternal?: (cause: unknown, where: string) => void;
};

/**
 * GET /api/events/stream: events as they happen, resumed after Last-Event-ID or `?after=`. A first `open` event says
 * where the stream stands, a `gap` event that events between were not kept: read the state anew.
 */
export async function streamEvents(request: FastifyRequest, reply: FastifyReply, deps: Deps): Promise<void> {
  const asked = afterOf(request);
  // who comes back by itself after a broken connection does not use anything
  const principal = await deps.authenticate(request.headers, asked === null ? "use" : "check");
  if (!isAllowed({ permission: null, effect: "read" }, { principal, door: doorOf(principal, request) })) {
    throw new Problem("forbidden", 'This token lacks the scope "api", which this door needs.');
  }
  const stream = openEventStream(reply);
  const ended = new AbortController();
  const recheck = setInterval(
    () => void endWhenChanged(request, principal, deps.authenticate, ended),
    deps.recheckMs ?? 3000,
  );
  const signal = AbortSignal.any([
    stream.signal,
    ended.signal,
    ...(deps.draining === undefined ? [] : [deps.draining]),
  ]);
  const begun = deps.events.horizon;
  const items = deps.events.subscribe(principal, asked ?? begun, signal);
  // events behind the horizon come next, so a resumed stream stands where it was left
  let position = asked === null || asked > begun ? begun : asked;
  try {
    await stream.send({ id: position, event: "open", data: { seq: position } });
    for await (const item of items) {
      if (signal.aborted) break;
      const isGap = "gap" in item;
      position = isGap ? Math.max(position, begun) : item.seq;
      await stream.send(isGap ? { id: position, event: "gap", data: { seq: position } } : { id: position, data: item });
    }
  } catch (cause) {
    if (!signal.aborted) deps.onInternal?.(cause, "GET /api/events/stream");
  } finally {
    clearInterval(recheck);
    stream.end();
  }
}

/** The header wins: a browser that reconnects sends it beside the address it began with. */
function afterOf(request: FastifyRequest): number | null {
  const header = request.headers["last-event-id"];
  const query = new URLSearchParams(request.url.split("?")[1] ?? "");
  for (const key of query.keys()) {
    if (key !== "after") throw new Problem("invalid_input", `/${key}: is not a known field; did you mean "after"?`);
  }
  const text = (typeof header === "string" && header !== "" ? header : query.get("after")) ?? "";
  if (text === "") return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Problem("invalid_input", "/after: must be the seq of an event.", {
    errors: [{ path: "/after", message: "must be the seq of an event" }],
  });
}

/** Ends a stream whose credential was revoked or whose rights changed; the reader reconnects with what it has. */
async function endWhenChanged(
  request: FastifyRequest,
  before: Principal,
  authenticate: Authenticate,
  ended: AbortController,
): Promise<void> {
  try {
    if (rightsOf(await authenticate(request.headers, "check")) !== rightsOf(before)) ended.abort();
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === "unauthenticated") ended.abort();
  }
}

const rightsOf = ({ user_id, permissions, group_ids, scopes }: Principal): string =>
  JSON.stringify([user_id, [...permissions].sort(), [...group_ids].sort(), [...scopes].sort()]);

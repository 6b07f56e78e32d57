import type { FastifyReply, FastifyRequest } from "fastify";
import { type Call, createCall, type Door, type Progress } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";

type Parts = {
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborted when the daemon stops. */
  readonly stopping?: AbortSignal | undefined;
  readonly report?: ((progress: Progress) => void) | undefined;
};

/** The call a request makes. Its signal aborts when the connection closes before the answer is complete. */
export function callOf({ principal, request, reply, stopping, report }: Parts): Call {
  const gone = new AbortController();
  reply.raw.on("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return createCall({
    principal,
    door: doorOf(principal, request),
    client: clientOf(request),
    ip: request.ip,
    signal: stopping === undefined ? gone.signal : AbortSignal.any([gone.signal, stopping]),
    idempotency_key: headerOf(request, "idempotency-key"),
    approval_id: headerOf(request, "knot-approval"),
    ...(report === undefined ? {} : { report }),
  });
}

/** A browser's session is the web; the rest says what it is by its name. */
export function doorOf(principal: Principal, request: FastifyRequest): Door {
  if (principal.credential.kind === "session") return "web";
  return request.headers["user-agent"]?.startsWith("knot-cli") ? "cli" : "rest";
}

/** How the program names itself: untrusted text, cut and without control characters. */
export const clientOf = (request: FastifyRequest): string =>
  (headerOf(request, "x-knot-client") ?? request.headers["user-agent"] ?? "")
    .replace(/[\x00-\x1f\x7f]/g, "")
    .slice(0, 200);

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

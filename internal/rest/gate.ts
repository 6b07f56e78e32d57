import type { FastifyRequest } from "fastify";
import type { Principal } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import type { Authenticate, IsSameOrigin } from "./ports.ts";

/** Who may come in at all. What they may do is the waist's business. */
export type Gate = { readonly admit: (request: FastifyRequest) => Promise<Principal> };

const safe = new Set(["GET", "HEAD", "OPTIONS"]);

/** Authenticates, and refuses a change that rides on a browser's cookie from another site's page (security.md W3). */
export function createGate(authenticate: Authenticate, isSameOrigin: IsSameOrigin): Gate {
  return {
    admit: async (request) => {
      const principal = await authenticate(request.headers, "use");
      if (principal.credential.kind === "session" && !safe.has(request.method)) {
        refuseCrossSite(request, isSameOrigin);
      }
      return principal;
    },
  };
}

/** Throws `forbidden` unless the browser says that the request comes from knot's own pages. */
export function refuseCrossSite(request: FastifyRequest, isSameOrigin: IsSameOrigin): void {
  if (isSameOrigin(request.headers)) return;
  throw new Problem(
    "forbidden",
    "This request did not come from knot's own pages. Use an API token outside the browser.",
  );
}

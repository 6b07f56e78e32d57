import type { FastifyInstance } from "fastify";
import { Problem } from "../problem/problem.ts";

/** Deep enough for any real message, and shallow enough for every recursive reader behind it. */
const maxDepth = 128;

/** Reads bodies as JSON-RPC needs it: one media type, no `__proto__` keys, no nesting bombs. */
export function addBodyParser(scope: FastifyInstance, limit: number): void {
  const parseJson = scope.getDefaultJsonParser("error", "error");
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "string", bodyLimit: limit }, (request, body, done) => {
    if (depthOf(body as string) > maxDepth)
      done(new Problem("malformed", `The body is nested deeper than ${maxDepth}.`));
    else parseJson(request, body as string, done);
  });
}

/** How deep the brackets of a JSON text go; text that is no JSON may count too deep, never too shallow. */
function depthOf(text: string): number {
  if (text.length < 2 * maxDepth) return 0;
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return deepest;
}

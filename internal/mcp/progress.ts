import type { ServerContext } from "@modelcontextprotocol/server";
import type { Progress } from "../operation/call.ts";

/**
 * Turns what a call reports into `notifications/progress`, when the request asked for it. The number always grows, as
 * the protocol wants: by what is known, else by one for each report.
 */
export function progressOf(ctx: ServerContext): ((progress: Progress) => void) | undefined {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let last = -1;
  let known = false;
  return ({ message, percent }) => {
    if (ctx.mcpReq.signal.aborted) return;
    known ||= percent !== undefined;
    last = percent !== undefined && percent > last ? percent : last + (known ? 0.001 : 1);
    const params = { progressToken, progress: last, message, ...(percent === undefined ? {} : { total: 100 }) };
    // the client may be gone, which its signal tells
    ctx.mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  };
}

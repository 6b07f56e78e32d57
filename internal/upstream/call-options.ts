import type { RequestOptions } from "@modelcontextprotocol/client";
import type { Call } from "../operation/call.ts";
import { printable } from "../operation/printable.ts";

/** Progress may stretch a call, but only to this many times its limit. */
const stretch = 10;

/** How a call's signal, time limit and progress are handed to the SDK. */
export function callOptions(call: Call, timeoutMs: number): RequestOptions {
  return {
    signal: call.signal,
    timeout: timeoutMs,
    resetTimeoutOnProgress: true,
    maxTotalTimeout: timeoutMs * stretch,
    onprogress: ({ progress, total, message }) => {
      const text = message ?? `${progress}${total === undefined ? "" : ` of ${total}`}`;
      const percent =
        total !== undefined && total > 0 ? Math.min(100, Math.max(0, (100 * progress) / total)) : undefined;
      call.report({ message: printable(text, 500), percent });
    },
  };
}

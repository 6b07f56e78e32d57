import { setTimeout } from "node:timers";
import type { Audit } from "../audit/audit.ts";
import type { Refusal } from "../rest/ports.ts";

const quiet_ms = 60_000;
const mostKeys = 1000;

/**
 * Writes what was turned away before the waist saw it into the audit log: a token that is not good, a browser on
 * another site's page. Once a minute for each address and route, so that a flood of them does not become one of the log.
 */
export function createRefusalLog(audit: Pick<Audit, "recordEvent">): (refusal: Refusal) => Promise<void> {
  const recent = new Set<string>();
  return async ({ status, method, route, ip, client }) => {
    const key = JSON.stringify([ip, status, method, route]);
    if (recent.has(key) || recent.size >= mostKeys) return;
    recent.add(key);
    setTimeout(() => recent.delete(key), quiet_ms).unref();
    await audit.recordEvent({
      operation: status === 401 ? "token_refused" : "request_refused",
      label: `${method} ${route} ${status === 401 ? "with a token that is not good" : "from where it may not come"}`,
      outcome: "denied",
      door: route === "/mcp" ? "mcp" : "rest",
      username: "",
      ip,
      client,
      problem_code: status === 401 ? "unauthenticated" : "forbidden",
    });
  };
}

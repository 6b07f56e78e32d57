import { Problem } from "../problem/problem.ts";
import type { Fault } from "./fault.ts";

type State = {
  readonly namespace: string;
  readonly since_at: number;
  readonly retry_at: number | null;
  readonly fault: Fault | null;
};

/** The answer while an integration is not connected: since when, why, and what to do. */
export function unavailable({ namespace, since_at, retry_at, fault }: State, cause?: unknown): Problem {
  const reason = fault?.reason ?? "it has not answered yet";
  const next = retry_at === null ? "" : ` Next try at ${new Date(retry_at).toISOString()}.`;
  const detail = `The integration "${namespace}" is not reachable since ${new Date(since_at).toISOString()}: ${reason}.${next} ${adviceOn(fault)}`;
  return new Problem("upstream_unavailable", detail, { cause, extra: { integration: namespace, since_at, retry_at } });
}

/** What to do about an integration that does not work. */
export function adviceOn(fault: Fault | null): string {
  if (fault?.kind === "unauthorized") return "An administrator has to renew its token in knot.toml.";
  return "knot keeps trying; try again shortly, or ask an administrator to look at the server.";
}

/** The answer to a call that a connected integration did not fulfil. */
export function problemOfFault(namespace: string, fault: Fault, timeoutMs: number, cause: unknown): Problem {
  const who = `The integration "${namespace}"`;
  const options = { cause, extra: { integration: namespace } };
  switch (fault.kind) {
    case "timed_out":
      return new Problem(
        "timed_out",
        `${who} did not answer within ${timeoutMs / 1000} s. The call may still have had an effect; look before you repeat it.`,
        options,
      );
    case "broken":
      return new Problem(
        "upstream_unavailable",
        `${who} was lost during the call: ${fault.reason}. It may have had an effect; look before you repeat it.`,
        options,
      );
    case "gone":
    case "undelivered":
    case "unauthorized":
      return new Problem(
        "upstream_unavailable",
        `${who} did not take the call: ${fault.reason}. ${adviceOn(fault)}`,
        options,
      );
    default:
      return new Problem("upstream_failed", `${who} could not do it: ${fault.reason}.`, options);
  }
}

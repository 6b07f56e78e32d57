import type { AuditEntry } from "../../../internal/audit/schema.ts";

/** Which calls are listed; part of the address. */
export type AuditFilter = {
  readonly user?: string;
  readonly operation?: string;
  readonly outcome?: AuditEntry["outcome"];
  readonly door?: AuditEntry["door"];
};

export const outcomes: Readonly<Record<AuditEntry["outcome"], string>> = {
  ok: "Done",
  failed: "Failed",
  denied: "Denied",
  pending: "Waiting",
};

export const doors: Readonly<Record<AuditEntry["door"], string>> = {
  web: "Web",
  rest: "REST",
  cli: "Command line",
  mcp: "MCP",
  assistant: "Assistant",
  schedule: "Schedule",
  system: "System",
};

const isKey = <Names extends object>(names: Names, value: unknown): value is keyof Names =>
  typeof value === "string" && Object.hasOwn(names, value);

/** The filter an address asks for; what it says wrongly is left out. */
export function filterOf({ user, operation, outcome, door }: Readonly<Record<string, unknown>>): AuditFilter {
  return {
    ...(typeof user === "string" && user !== "" ? { user } : {}),
    ...(typeof operation === "string" && operation !== "" ? { operation } : {}),
    ...(isKey(outcomes, outcome) ? { outcome } : {}),
    ...(isKey(doors, door) ? { door } : {}),
  };
}

import type { AnyOperation } from "../operation/operation.ts";
import { createRegistry, type Needs, type Registry } from "../operation/registry.ts";
import { type AuditEntry, Waist, type WaistDeps } from "../operation/waist.ts";

/** A waist that asks nobody and keeps its audit entries in `audited`. */
export function waistOf(overrides: Partial<WaistDeps> = {}): {
  waist: Waist;
  audited: AuditEntry[];
  internal: unknown[];
} {
  const audited: AuditEntry[] = [];
  const internal: unknown[] = [];
  const waist = new Waist({
    audit: { record: async (entry) => void audited.push(entry) },
    approvals: { admit: async () => ({ run: true }) },
    idempotency: { once: (_capability, _key, _input, _call, run) => run() },
    onInternal: (_call, _capability, cause) => void internal.push(cause),
    ...overrides,
  });
  return { waist, audited, internal };
}

/** A registry of the given operations behind `waistOf()`. */
export function registryOf<const T extends readonly AnyOperation[]>(operations: T, services: Needs<T>): Registry {
  return createRegistry(operations, services, waistOf().waist);
}

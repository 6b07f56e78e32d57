/** Whether a value is nested deeper than a limit; looks no further than that, so that no stranger can exhaust the stack. */
export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit === 0) return true;
  for (const item of Array.isArray(value) ? value : Object.values(value)) if (isDeeper(item, limit - 1)) return true;
  return false;
}

/** Whether a write failed because a row it names is gone, or because another row still names what it removes. */
export function isBrokenReference(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  // foreign_key_violation of PostgreSQL, appendix A
  return code === "SQLITE_CONSTRAINT_FOREIGNKEY" || code === "23503";
}

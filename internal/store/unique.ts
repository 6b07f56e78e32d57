/** The columns of the unique key that a failed insert or update broke, as the database names them; null for another error. */
function brokenUnique(error: unknown): string | null {
  const { code, message, constraint } = error as { code?: unknown; message?: unknown; constraint?: unknown };
  if (code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY") return String(message);
  // unique_violation of PostgreSQL, appendix A
  return code === "23505" ? String(constraint) : null;
}

/** The result of `write`; when it broke a unique key, `otherwise`, given the columns of that key. */
export async function unlessTaken<Result, Other>(
  write: Promise<Result>,
  otherwise: (columns: string) => Other,
): Promise<Result | Other> {
  try {
    return await write;
  } catch (error) {
    const columns = brokenUnique(error);
    if (columns === null) throw error;
    return otherwise(columns);
  }
}

import { Problem } from "../problem/problem.ts";

/**
 * The path as scripts take it: absolute, or `./` below the working directory, so that no name looks like an option.
 * `..` stays, because only the space knows where its symbolic links lead.
 */
export function pathOf(path: string, field = "path"): string {
  if (path.includes("\0")) throw wrong(field, "has a NUL character, which no path can have");
  if (/^~(\/|$)/.test(path)) throw wrong(field, noTilde);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/")) return `/${parts.join("/")}`;
  return parts.length === 0 ? "." : `./${parts.join("/")}`;
}

/** Why a path with a tilde is refused: somebody would find a directory of that name later. */
const noTilde =
  "begins with ~, which only a shell understands: give the absolute path, or leave it out for the working directory";

/** A path as people write it. */
export const shownPath = (path: string): string => (path.startsWith("./") ? path.slice(2) : path);

export function wrong(field: string, message: string): Problem {
  return new Problem("invalid_input", `/${field}: ${message}.`, { errors: [{ path: `/${field}`, message }] });
}

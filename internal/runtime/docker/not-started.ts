import { Problem } from "../../problem/problem.ts";
import type { ExecRequest, Exit } from "../../space/runtime.ts";

/**
 * What an engine's refusal to start a command means: a missing program is the command's own failure (127, or 126 when
 * it may not be run, as in a shell); a wrong directory or user is the caller's.
 */
export async function notStarted(refusal: string, request: ExecRequest): Promise<Exit> {
  if (/chdir to cwd|Cwd must be an absolute|mkdir .* not a directory/i.test(refusal))
    throw noDirectory(request.cwd ?? "");
  if (/unable to find (user|group)|no matching entries|user specified/i.test(refusal)) throw noUser(request.user ?? "");
  const missing = /not found|no such file/i.test(refusal);
  const why = missing ? "not found" : (/: ([^:]+): unknown\s*$/.exec(refusal)?.[1] ?? refusal.trim());
  request.stderr.write(`${request.argv[0]}: ${why}\n`);
  return { exit_code: missing ? 127 : 126, signal: null };
}

/** A working directory that is not in the space. */
export function noDirectory(cwd: string): Problem {
  const detail = `The directory ${cwd} does not exist in the space. Create it first or choose another.`;
  return new Problem("invalid_input", detail, {
    errors: [{ path: "/cwd", message: "no such directory in the space" }],
  });
}

function noUser(user: string): Problem {
  const detail = `The user ${user} does not exist in the space. Choose one of its /etc/passwd, or a numeric id.`;
  return new Problem("invalid_input", detail, { errors: [{ path: "/user", message: "no such user in the space" }] });
}

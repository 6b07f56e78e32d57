import type { ExecRequest, Exit } from "../../space/runtime.ts";
import { noDirectory, noUser } from "../refusals.ts";

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

import { Problem } from "../problem/problem.ts";

/** A working directory that the command cannot begin in. */
export function noDirectory(cwd: string): Problem {
  const detail = `There is no directory ${cwd} in the space, or its user may not enter it. Create it first or choose another.`;
  return new Problem("invalid_input", detail, {
    errors: [{ path: "/cwd", message: "no such directory in the space" }],
  });
}

/** A user that is not in the space. */
export function noUser(user: string): Problem {
  const detail = `The user ${user} does not exist in the space. Choose one of its /etc/passwd.`;
  return new Problem("invalid_input", detail, { errors: [{ path: "/user", message: "no such user in the space" }] });
}

/** Commands and logs need a space that runs. */
export function notRunning(): Problem {
  return new Problem("conflict", "The space is not running. Start it first.");
}

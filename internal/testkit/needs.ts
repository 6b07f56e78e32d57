import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

/** What a test can need of the machine; `make test` brings it and says where it is. */
export type Need = "docker" | "process" | "postgres" | "chromium";

const present: Record<Need, () => boolean> = {
  docker: () => canRun(process.execPath, ["-e", connect, dockerSocket()]),
  process: () => canRun("bwrap", [...ownUser, "--unshare-pid", "--ro-bind", "/", "/", "true"]),
  postgres: () => process.env["KNOT_TEST_POSTGRES"] !== undefined,
  chromium: () => mayExecute("/usr/bin/chromium"),
};

// a socket that exists may be forbidden to this user, or left behind by an engine that ended; `needs` cannot wait
const connect = `require("node:net").connect(process.argv[1])
  .on("connect", () => process.exit(0)).on("error", () => process.exit(1)).setTimeout(5000, () => process.exit(1));`;
const ownUser = process.geteuid?.() === 0 ? [] : ["--unshare-user"];
const found = new Map<Need, boolean>();

function isPresent(need: Need): boolean {
  const answer = found.get(need) ?? present[need]();
  found.set(need, answer);
  return answer;
}

/** The engine the tests use: the one `make test` found or started. */
export const dockerSocket = (): string => process.env["KNOT_TEST_DOCKER"] ?? "/var/run/docker.sock";

/**
 * Options for `test()`: skips with a reason when something is missing, unless KNOT_TEST_REQUIRE lists it
 * (CI does), so that a test which cannot run fails instead of passing silently.
 */
export function needs(...wanted: readonly Need[]): { skip: string | false } {
  const required = new Set((process.env["KNOT_TEST_REQUIRE"] ?? "").split(","));
  const missing = wanted.filter((need) => !required.has(need) && !isPresent(need));
  return { skip: missing.length > 0 && `needs ${missing.join(" and ")}; \`make test\` as root installs it` };
}

function canRun(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** What a test can need of the machine; `make test` brings it and says where it is. */
export type Need = "docker" | "process" | "postgres" | "chromium";

const present: Record<Need, () => boolean> = {
  docker: () => existsSync(dockerSocket()),
  process: () => canRun("bwrap", ["--version"]),
  postgres: () => process.env["KNOT_TEST_POSTGRES"] !== undefined,
  chromium: () => existsSync("/usr/bin/chromium"),
};

/** The engine the tests use: the one `make test` found or started. */
export const dockerSocket = (): string => process.env["KNOT_TEST_DOCKER"] ?? "/var/run/docker.sock";

/**
 * Options for `test()`: skips with a reason when something is missing, unless KNOT_TEST_REQUIRE lists it
 * (CI does), so that a test which cannot run fails instead of passing silently.
 */
export function needs(...wanted: readonly Need[]): { skip: string | false } {
  const required = new Set((process.env["KNOT_TEST_REQUIRE"] ?? "").split(","));
  const missing = wanted.filter((need) => !present[need]() && !required.has(need));
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

import { spawn } from "node:child_process";
import { join } from "node:path";
import { startServices } from "./services.ts";

const globs = ["internal/**/*.test.ts", "web/**/*.test.ts"];

/** Runs the tests with everything they need, and ends with their exit code. Arguments go to `node --test`. */
async function main(args: readonly string[]): Promise<number> {
  const interrupted = interruption();
  const services = await startServices();
  try {
    // what a run leaves in the engine is known by its name
    const env = { KNOT_TEST_RUN: `run-${process.pid}-${Date.now()}`, ...services.env };
    const status = await runTests(args, env, interrupted);
    const leftovers = join(import.meta.dirname, "leftovers.docker.test.ts");
    const left = await runTests([leftovers], { ...env, KNOT_TEST_ENDED: "1" }, interrupted);
    return status === 0 ? left : status;
  } finally {
    await services.stop();
  }
}

async function runTests(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  interrupted: AbortSignal,
): Promise<number> {
  const wanted = args.some((arg) => !arg.startsWith("-")) ? args : [...args, ...globs];
  const concurrency = wanted.some((arg) => arg.startsWith("--test-concurrency")) ? [] : ["--test-concurrency=2"];
  if (interrupted.aborted) return 130;
  const child = spawn(process.execPath, ["--test", "--test-reporter=spec", ...concurrency, ...wanted], {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  interrupted.addEventListener("abort", () => child.kill("SIGINT"));
  return new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => resolve(status ?? 130));
  });
}

/** Aborted when the runner is asked to end: the tests end first, then what was started for them. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => controller.abort());
  return controller.signal;
}

process.exitCode = await main(process.argv.slice(2));

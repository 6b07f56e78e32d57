import { busyboxImage } from "./images.ts";
import { startEngine } from "./services/engine.ts";
import { installPackages } from "./services/packages.ts";
import { startPostgres } from "./services/postgres.ts";
import type { Service } from "./services/service.ts";
import { warn } from "./services/warn.ts";

/**
 * Brings what tests need of the machine: Debian packages (as root), a container engine with the test image, and
 * PostgreSQL. What cannot be had is said on standard error, and left out of `env`: its tests skip themselves.
 */
export async function startServices(): Promise<Service> {
  installPackages();
  const started: Service[] = [];
  const stop = async () => {
    for (const service of started.splice(0).reverse()) await service.stop().catch((thrown) => warn(String(thrown)));
  };
  for (const [name, start] of [
    ["a container engine", startEngine],
    ["PostgreSQL", startPostgres],
  ] as const) {
    try {
      started.push(await start());
    } catch (thrown) {
      warn(`${name} could not be started; tests that need it are SKIPPED. ${(thrown as Error).message}`);
    }
  }
  const env: Record<string, string> = Object.assign({}, ...started.map((service) => service.env));
  const socket = env["KNOT_TEST_DOCKER"];
  try {
    if (socket !== undefined) await busyboxImage(socket);
  } catch (thrown) {
    warn(`the test image could not be imported into the engine at ${socket}: ${(thrown as Error).message}`);
  }
  return { env, stop };
}

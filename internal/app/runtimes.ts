import { existsSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import type { DockerRuntimeOptions } from "../runtime/docker.ts";
import { openProcessRuntime } from "../runtime/process.ts";
import { limitsText } from "../space/limits-text.ts";
import type { Runtime } from "../space/runtime.ts";
import type { DataDir } from "./data-dir.ts";
import { forbidden } from "./engine-socket.ts";

/** Where spaces can run, and what people are told about it at the start. */
export type Runtimes = {
  readonly byName: ReadonlyMap<string, Runtime>;
  /** Those without which the daemon is not ready. */
  readonly required: ReadonlySet<string>;
  readonly notes: readonly string[];
};

type Engine = Config["server"]["podman"];
type Chosen = { readonly product: string; readonly config: Engine };

/** The engine's client is loaded only where there is an engine. */
const openEngine = async (options: DockerRuntimeOptions): Promise<Runtime> =>
  (await import("../runtime/docker.ts")).openDockerRuntime(options);

const socketOf = ({ host }: Engine): string => host.replace(/^unix:\/\//, "");

/** A container engine where one answers (Docker before Podman), and processes of this machine. */
export async function openRuntimes(
  { server }: Config,
  data: DataDir,
  warn: (warning: string) => void,
): Promise<Runtimes> {
  const byName = new Map<string, Runtime>();
  const required = new Set<string>();
  const notes: string[] = [];
  const engine = await engineOf(server);
  if (engine !== null) {
    const runtime = await openEngine({
      socket: socketOf(engine.config),
      name: "docker",
      instance_id: data.instance_id,
      guard_host: engine.product === "Docker" && server.docker.guard_host ? warn : undefined,
    });
    byName.set("docker", runtime);
    required.add("docker");
    notes.push(await engineNote(engine, runtime));
  }
  const closed = engine === null ? await closedSockets(server) : [];
  notes.push(...closed);
  if (server.process.enabled) {
    const runtime = openProcessRuntime({
      directory: data.spaces,
      instance_id: data.instance_id,
      isolation: server.process.isolation,
    });
    byName.set("process", runtime);
    notes.push(await processNote(runtime, engine !== null ? null : closed.length > 0 ? "can be used" : "answers"));
  }
  if (byName.size === 0)
    notes.push("Spaces can run nowhere: no container engine answers, and server.process.enabled is false.");
  return { byName, required, notes };
}

/** The engine that is configured, or that answers: `always` counts although it does not answer yet. */
async function engineOf({ docker, podman }: Config["server"]): Promise<Chosen | null> {
  const candidates = [
    { product: "Docker", config: docker },
    { product: "Podman", config: podman },
  ].filter(({ config }) => config.enabled !== "never");
  const always = candidates.find(({ config }) => config.enabled === "always");
  if (always !== undefined) return always;
  for (const candidate of candidates) if (await answers(candidate.config)) return candidate;
  return null;
}

async function answers(engine: Engine): Promise<boolean> {
  if (!existsSync(socketOf(engine))) return false;
  return (
    (await silenceOf(await openEngine({ socket: socketOf(engine), name: "docker", instance_id: "probe" }))) === null
  );
}

/** Why the engine does not answer; null when it does. */
const silenceOf = (runtime: Runtime): Promise<string | null> =>
  runtime.check(AbortSignal.timeout(3000)).then(
    () => null,
    (thrown: Error) => thrown.message,
  );

async function engineNote({ product, config }: Chosen, runtime: Runtime): Promise<string> {
  const silence = await silenceOf(runtime);
  if (silence === null) return `Spaces run as containers: ${product} at ${config.host}.`;
  return `Spaces wait for ${product} at ${config.host}, which does not answer yet. ${silence}`;
}

/** What keeps this user from engines that are there. */
async function closedSockets(server: Config["server"]): Promise<string[]> {
  const notes: string[] = [];
  for (const name of ["docker", "podman"] as const) {
    const socket = socketOf(server[name]);
    if (server[name].enabled === "never" || !existsSync(socket)) continue;
    const note = await forbidden(name, socket);
    if (note !== null) notes.push(note);
  }
  return notes;
}

/** `missing` is what no engine does, or null when there is one. */
async function processNote(runtime: Runtime, missing: "answers" | "can be used" | null): Promise<string> {
  const where =
    missing === null
      ? "Spaces can also run as processes of this machine"
      : `No container engine ${missing}, so spaces run as processes of this machine`;
  try {
    const { engine, version } = await runtime.check(AbortSignal.timeout(3000));
    const limits = limitsText(runtime.enforcement);
    return `${where}: ${runtime.isolation}, ${engine} ${version}${limits === "enforced" ? "" : `; ${limits}`}.`;
  } catch (thrown) {
    const nowhere = missing === null ? "Spaces" : `No container engine ${missing}, and spaces`;
    return `${nowhere} cannot run as processes of this machine yet: ${(thrown as Error).message}`;
  }
}

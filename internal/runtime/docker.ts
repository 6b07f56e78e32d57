import type Docker from "dockerode";
import type { Progress } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import type { Enforcement, ExecRequest, Exit, Observed, Runtime, SpaceSpec, Target } from "../space/runtime.ts";
import { containerOptions, observedFrom, observedFromListed } from "./docker/container.ts";
import { dockerEngine, Engine } from "./docker/engine.ts";
import { execIn } from "./docker/exec.ts";
import { HostGuard } from "./docker/firewall.ts";
import { containerName, generationLabel, instanceLabel, spaceLabel, userLabel } from "./docker/labels.ts";
import { logsOf } from "./docker/logs.ts";
import { OwnerNetworks } from "./docker/network.ts";
import { pullImage } from "./docker/pull.ts";
import { CommandMarks, endStrays } from "./docker/strays.ts";
import { EngineVolumes } from "./docker/volumes.ts";
import { inBatches } from "./in-batches.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { notRunning } from "./refusals.ts";

export type DockerRuntimeOptions = {
  /** The engine's socket (Docker's or Podman's), or a URL with the scheme unix, tcp or http. */
  readonly socket: string;
  readonly name: "docker";
  /** Everything made carries it; everything without it is never touched. */
  readonly instance_id: string;
  /** IPv4 range that owners' private networks are cut from; 10.213.0.0/16 when left out. */
  readonly network_pool?: string | undefined;
  /** Prefix length of one owner's network; 28 (13 spaces) when left out. */
  readonly network_prefix?: number | undefined;
  /** Called once when owners' networks cannot be kept from the machine itself; without it that is not tried. */
  readonly guard_host?: ((warning: string) => void) | undefined;
};

/** Spaces as containers of a Docker engine, or of Podman's compatible socket. Connects on first use. */
export function openDockerRuntime(options: DockerRuntimeOptions): Runtime {
  return new DockerRuntime(options);
}

class DockerRuntime implements Runtime {
  readonly name = "docker";
  readonly isolation = "container";
  readonly #instanceId: string;
  readonly #engine: Engine;
  readonly #networks: OwnerNetworks;
  readonly #volumes: EngineVolumes;
  /** By owner: a network must not be removed between its check and the container that is to use it. */
  readonly #owners = new KeyedLock();
  readonly #guard: HostGuard | null;
  readonly #marks = new CommandMarks();
  #guarded = false;
  #enforcement: Enforcement | null = null;
  #found: { readonly engine: string; readonly version: string } | undefined;

  constructor(options: DockerRuntimeOptions) {
    this.#instanceId = options.instance_id;
    this.#engine = new Engine(options.socket);
    this.#guard = options.guard_host === undefined ? null : new HostGuard(options.guard_host);
    this.#networks = new OwnerNetworks(this.#engine, {
      instance_id: options.instance_id,
      pool: options.network_pool ?? "10.213.0.0/16",
      prefix: options.network_prefix ?? 28,
      guard: this.#guard,
    });
    this.#volumes = new EngineVolumes(this.#engine, options.instance_id);
  }

  get enforcement(): Enforcement | null {
    return this.#enforcement;
  }

  async check(signal: AbortSignal): Promise<{ readonly engine: string; readonly version: string }> {
    const deadline = AbortSignal.timeout(2_000);
    try {
      await this.#engine.ping(AbortSignal.any([signal, deadline]));
      // Podman asks other programs for its version, which takes seconds on a busy machine
      const found = this.#found ?? (await this.#engine.version(signal));
      this.#found = found;
      if (this.#enforcement === null) void this.#learnLimits();
      await this.#guardOnce(found.engine);
      return found;
    } catch (thrown) {
      // it may come back as another version
      this.#found = undefined;
      if (signal.aborted) throw this.#engine.problem("The check of the engine", signal, thrown);
      throw this.#engine.unavailable(deadline.aborted ? { code: "ETIMEDOUT" } : thrown);
    }
  }

  /** Beside the check, which must not wait for it: a busy engine needs long to describe itself. */
  async #learnLimits(): Promise<void> {
    this.#enforcement = await this.#engine.enforcement(AbortSignal.timeout(30_000)).catch(() => null);
  }

  /** The machine may have restarted, and lost its rules, since the networks were made. */
  async #guardOnce(engine: string): Promise<void> {
    if (this.#guarded || engine !== dockerEngine) return;
    this.#guarded = true;
    await this.#guard?.ensure();
  }

  pull(image: string, signal: AbortSignal, report: (progress: Progress) => void): Promise<void> {
    return pullImage(this.#engine, image, signal, report);
  }

  async create(target: Target, spec: SpaceSpec, signal: AbortSignal): Promise<void> {
    if ((await this.#find(target, signal)) === null) await this.#make(target, spec, signal);
    if ((await this.#find(target, signal)) === null) throw foreignContainer(target);
  }

  async start(target: Target, signal: AbortSignal): Promise<void> {
    const found = await this.#find(target, signal);
    if (found === null) throw goneContainer(target);
    const container = this.#engine.docker.getContainer(found.Id);
    const what = `Starting container ${containerName(target)}`;
    if (found.State.Paused) {
      await this.#engine.askUnless([304, 409], what, signal, () => container.unpause({ abortSignal: signal }));
      return;
    }
    // not at its creation: a crash after that would leave the volumes root's
    if (found.State.Status === "created") await this.#volumes.giveTo(found, signal);
    await this.#owners.run(target.user_id, async () => {
      // `docker network prune` removes the network of a container that is not running.
      if (found.HostConfig.NetworkMode === this.#networks.nameOf(target.user_id)) {
        await this.#networks.reconnect(found, target.user_id, signal);
      }
      await this.#engine.askUnless([304], what, signal, () => container.start({ abortSignal: signal }));
    });
  }

  async stop(target: Target, grace_seconds: number, signal: AbortSignal): Promise<void> {
    const found = await this.#find(target, signal);
    if (found === null || !found.State.Running) return;
    const container = this.#engine.docker.getContainer(found.Id);
    const t = Math.max(0, Math.round(grace_seconds));
    const what = `Stopping container ${containerName(target)}`;
    await this.#engine.askUnless([304, 404], what, signal, () => container.stop({ t, abortSignal: signal }));
  }

  async remove(target: Target, signal: AbortSignal): Promise<void> {
    const found = await this.#find(target, signal);
    // A container without a row has no owner but the one it was labelled with.
    const owner = found?.Config.Labels[userLabel] ?? target.user_id;
    await this.#owners.run(owner, async () => {
      if (found !== null) await this.#removeContainer(found.Id, signal);
      await this.#networks.removeUnused(owner, signal);
    });
  }

  async inspect(target: Target, signal: AbortSignal): Promise<Observed | null> {
    const found = await this.#find(target, signal);
    return found === null ? null : observedFrom(found);
  }

  async list(signal: AbortSignal): Promise<readonly Observed[]> {
    const label = [`${instanceLabel}=${this.#instanceId}`];
    const listed = await this.#engine.ask("Listing containers", signal, () =>
      this.#engine.docker.listContainers({ all: true, filters: { label }, abortSignal: signal }),
    );
    const ours = listed.filter((container) => container.Labels[spaceLabel] !== undefined);
    const observed = await inBatches(ours, 8, (container) => this.#observe(container, signal));
    return observed.filter((container) => container !== null);
  }

  async removeUnused(signal: AbortSignal): Promise<void> {
    for (const owner of await this.#networks.ownersWithout(signal)) {
      await this.#owners.run(owner, () => this.#networks.removeUnused(owner, signal));
    }
  }

  async listVolumes(signal: AbortSignal): Promise<readonly { readonly volume: string; readonly space_id: string }[]> {
    return this.#volumes.list(signal);
  }

  async volumeSizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    return this.#volumes.sizes(signal);
  }

  async removeVolume(volume: string, signal: AbortSignal): Promise<void> {
    await this.#volumes.remove(volume, signal);
  }

  async exec(target: Target, request: ExecRequest, signal: AbortSignal): Promise<Exit> {
    const found = await this.#find(target, signal);
    if (found === null || !found.State.Running) throw notRunning();
    return execIn(this.#engine, this.#engine.docker.getContainer(found.Id), this.#marks, request, signal);
  }

  async endStrays(target: Target, signal: AbortSignal): Promise<void> {
    const found = await this.#find(target, signal);
    if (found?.State.Running) await endStrays(this.#engine, found, this.#marks, signal);
  }

  async logs(target: Target, lines: number, signal: AbortSignal): Promise<string> {
    const found = await this.#find(target, signal);
    return found === null ? "" : logsOf(this.#engine, found, lines, signal);
  }

  async #make(target: Target, spec: SpaceSpec, signal: AbortSignal): Promise<void> {
    await this.#volumes.ensure(target.space_id, spec.volumes, signal);
    await this.#owners.run(target.user_id, async () => {
      const own = spec.network === "own";
      const network = own ? await this.#networks.ensure(target.user_id, signal) : spec.network;
      const options = containerOptions(this.#instanceId, target, spec, network);
      // 409: someone, perhaps an earlier try of ours whose answer was lost, made a container of this name.
      await this.#engine.askUnless([409], `Creating the container from ${spec.image}`, signal, () =>
        this.#engine.docker.createContainer({ ...options, abortSignal: signal }),
      );
    });
  }

  /** The target's container if there is one and it is this installation's. */
  async #find(target: Target, signal: AbortSignal): Promise<Docker.ContainerInspectInfo | null> {
    const name = containerName(target);
    const found = await this.#engine.askUnless([404], `Container ${name}`, signal, () =>
      this.#engine.docker.getContainer(name).inspect({ abortSignal: signal }),
    );
    const labels = found?.Config.Labels ?? {};
    const ours =
      labels[instanceLabel] === this.#instanceId &&
      labels[spaceLabel] === target.space_id &&
      labels[generationLabel] === String(target.generation);
    return found !== undefined && ours ? found : null;
  }

  async #observe(listed: Docker.ContainerInfo, signal: AbortSignal): Promise<Observed | null> {
    // One container that the engine cannot describe must not hide the others.
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
    try {
      const found = await this.#engine.askUnless([404], "A container", deadline, () =>
        this.#engine.docker.getContainer(listed.Id).inspect({ abortSignal: deadline }),
      );
      return found === undefined ? null : observedFrom(found);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      return observedFromListed(listed);
    }
  }

  async #removeContainer(id: string, signal: AbortSignal): Promise<void> {
    const container = this.#engine.docker.getContainer(id);
    const what = `Removing container ${id.slice(0, 12)}`;
    await this.#engine.ask(what, signal, async () => {
      try {
        // `v` removes only the nameless volumes that the image declared.
        await container.remove({ force: true, v: true, abortSignal: signal } as Docker.ContainerRemoveOptions);
      } catch (thrown) {
        const status = (thrown as { statusCode?: number }).statusCode;
        // 409: another removal is under way; its end is what was asked for.
        if (status === 409) await container.wait({ condition: "removed", abortSignal: signal }).catch(ignoreGone);
        else ignoreGone(thrown);
      }
    });
  }
}

function ignoreGone(thrown: unknown): void {
  if ((thrown as { statusCode?: number }).statusCode !== 404) throw thrown;
}

function foreignContainer(target: Target): Problem {
  const detail =
    `The engine has a container ${containerName(target)} that is not this installation's. ` +
    "It was left alone; rename or remove it, then try again.";
  return new Problem("runtime_failed", detail);
}

function goneContainer(target: Target): Problem {
  const detail = `Container ${containerName(target)} is gone from the engine; it has to be created again before it can start.`;
  return new Problem("runtime_failed", detail);
}

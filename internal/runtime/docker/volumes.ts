import type { IncomingMessage } from "node:http";
import { basename, dirname } from "node:path/posix";
import type Docker from "dockerode";
import { Problem } from "../../problem/problem.ts";
import type { VolumeMount } from "../../space/runtime.ts";
import type { Engine } from "./engine.ts";
import { instanceLabel, spaceLabel } from "./labels.ts";
import { tarOf } from "./tar.ts";
import { ownerOf } from "./user.ts";

const freshMs = 60_000;

/** How far the kernel's coarse clock of files may be behind the engine's. */
const clockMs = 1_000;

const statHeader = "x-docker-container-path-stat";

/** The engine's named volumes of this installation. They outlive containers. */
export class EngineVolumes {
  readonly #engine: Engine;
  readonly #instanceId: string;

  constructor(engine: Engine, instanceId: string) {
    this.#engine = engine;
    this.#instanceId = instanceId;
  }

  /** Makes the volumes that are missing. */
  async ensure(spaceId: string, mounts: readonly VolumeMount[], signal: AbortSignal): Promise<void> {
    for (const { volume } of mounts) {
      const found = await this.#inspect(volume, signal);
      if (found !== undefined && found.Labels?.[instanceLabel] !== this.#instanceId) throw foreignVolume(volume);
      if (found !== undefined) continue;
      const Labels = { [instanceLabel]: this.#instanceId, [spaceLabel]: spaceId };
      await this.#engine.ask(`Volume ${volume}`, signal, () =>
        this.#engine.docker.createVolume({ Name: volume, Driver: "local", Labels }),
      );
    }
  }

  /**
   * Lets the space's own user write to what the engine made for root: new volumes, and a working directory that the
   * image lacks. Only for a container that never ran, and for what is hardly older than it, so that a mode someone
   * chose later stays.
   */
  async giveTo(found: Docker.ContainerInspectInfo, signal: AbortSignal): Promise<void> {
    if (/^(root|0)?(:|$)/.test(found.Config.User)) return;
    const container = this.#engine.docker.getContainer(found.Id);
    const paths = await this.#newPaths(container, found, signal);
    if (paths.length === 0) return;
    const owner = await this.#engine.ask("Reading the image's users", signal, () => ownerOf(container, found, signal));
    for (const path of paths) {
      const entry = { path: `${basename(path)}/`, mode: 0o755, owner: owner.uid, group: owner.gid };
      await this.#engine.ask(`Giving ${path} to the space's user`, signal, () =>
        container.putArchive(tarOf([entry]), { path: dirname(path), abortSignal: signal }),
      );
    }
  }

  /** Outer directories first. */
  async #newPaths(
    container: Docker.Container,
    found: Docker.ContainerInspectInfo,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const made = Date.parse(found.Created);
    const paths: string[] = [];
    const directory = found.Config.WorkingDir.replace(/\/+$/, "");
    const mounts = found.Mounts.map((mount) => ({ ...mount, Destination: mount.Destination.replace(/\/+$/, "") }));
    for (const { Type, Name, RW, Destination } of mounts) {
      if (Type !== "volume" || !RW || Destination === "") continue;
      const volume = await this.#inspect(Name ?? "", signal);
      if (!(Date.parse(volume?.CreatedAt ?? "") >= made - freshMs)) continue;
      paths.push(Destination, ...stepsBetween(Destination, directory));
    }
    // a mount point in it makes any directory look new
    const near = mounts.some(
      ({ Destination }) => `${directory}/`.startsWith(`${Destination}/`) || dirname(Destination) === directory,
    );
    if (directory !== "" && !near && (await this.#changedAt(container, directory, signal)) >= made - clockMs) {
      paths.push(directory);
    }
    return paths.toSorted((a, b) => a.length - b.length);
  }

  /** When a directory of the container last changed; NaN when the engine does not tell. */
  async #changedAt(container: Docker.Container, path: string, signal: AbortSignal): Promise<number> {
    const answer = await this.#engine.askUnless([404], `Directory ${path}`, signal, () =>
      container.infoArchive({ path, abortSignal: signal }),
    );
    const { headers } = (answer as IncomingMessage | undefined) ?? {};
    // an answer that nobody reads would keep its connection
    (answer as IncomingMessage | undefined)?.resume();
    const header = headers?.[statHeader];
    if (typeof header !== "string") return Number.NaN;
    return Date.parse((JSON.parse(Buffer.from(header, "base64").toString("utf8")) as { mtime: string }).mtime);
  }

  async list(signal: AbortSignal): Promise<readonly { readonly volume: string; readonly space_id: string }[]> {
    const label = [`${instanceLabel}=${this.#instanceId}`];
    const { Volumes: volumes } = await this.#engine.ask("Listing volumes", signal, () =>
      this.#engine.docker.listVolumes({ filters: { label }, abortSignal: signal }),
    );
    return (volumes ?? []).map((found) => ({ volume: found.Name, space_id: found.Labels?.[spaceLabel] ?? "" }));
  }

  async sizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    type Measured = { readonly Volumes?: readonly (Docker.VolumeInspectInfo | null)[] | null };
    const ask = this.#engine.docker.df as unknown as (options: { abortSignal: AbortSignal }) => Promise<Measured>;
    const { Volumes: volumes } = await this.#engine.ask("Measuring volumes", signal, () =>
      ask.call(this.#engine.docker, { abortSignal: signal }),
    );
    const ours = (volumes ?? []).filter((found) => found?.Labels?.[instanceLabel] === this.#instanceId);
    const sizes = ours.map((found) => [found?.Name ?? "", found?.UsageData?.Size ?? -1] as const);
    return new Map(sizes.filter(([, size]) => size >= 0));
  }

  async remove(volume: string, signal: AbortSignal): Promise<void> {
    const found = await this.#inspect(volume, signal);
    if (found === undefined) return;
    if (found.Labels?.[instanceLabel] !== this.#instanceId) throw foreignVolume(volume);
    const what = `Removing volume ${volume}`;
    await this.#engine.askUnless([404], what, signal, () =>
      this.#engine.docker.getVolume(volume).remove({ abortSignal: signal }),
    );
  }

  #inspect(
    volume: string,
    signal: AbortSignal,
  ): Promise<(Docker.VolumeInspectInfo & { readonly CreatedAt?: string }) | undefined> {
    return this.#engine.askUnless([404], `Volume ${volume}`, signal, () =>
      this.#engine.docker.getVolume(volume).inspect({ abortSignal: signal }),
    );
  }
}

function foreignVolume(volume: string): Problem {
  const detail = `The engine has a volume ${volume} that is not this installation's. It was left alone; rename or remove it.`;
  return new Problem("runtime_failed", detail);
}

/** The directories from below `outer` down to `inner`; none when it is not in there. */
function stepsBetween(outer: string, inner: string): readonly string[] {
  if (!inner.startsWith(`${outer}/`)) return [];
  const steps = inner.slice(outer.length + 1).split("/");
  return steps.map((_, at) => `${outer}/${steps.slice(0, at + 1).join("/")}`);
}

import { basename, dirname } from "node:path/posix";
import type Docker from "dockerode";
import { Problem } from "../../problem/problem.ts";
import type { SpaceSpec, VolumeMount } from "../../space/runtime.ts";
import type { Engine } from "./engine.ts";
import { instanceLabel, spaceLabel } from "./labels.ts";
import { tarOf } from "./tar.ts";
import { ownerOf } from "./user.ts";

const freshMs = 60_000;

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
   * Lets the space's own user write to its new volumes: an engine makes them root's. Only for a container that never
   * ran, and volumes hardly older than it, so that a mode someone chose later stays.
   */
  async giveTo(found: Docker.ContainerInspectInfo, spec: SpaceSpec, signal: AbortSignal): Promise<void> {
    const container = this.#engine.docker.getContainer(found.Id);
    const writable = spec.volumes.filter((mount) => !mount.read_only && mount.path !== "/");
    if (writable.length === 0 || /^(root|0)?(:|$)/.test(found.Config.User)) return;
    const owner = await this.#engine.ask("Reading the image's users", signal, () => ownerOf(container, found, signal));
    for (const { volume, path } of writable) {
      const made = Date.parse((await this.#inspect(volume, signal))?.CreatedAt ?? "");
      if (!(made >= Date.parse(found.Created) - freshMs)) continue;
      const entry = { path: `${basename(path)}/`, mode: 0o755, owner: owner.uid, group: owner.gid };
      await this.#engine.ask(`Giving volume ${volume} to its user`, signal, () =>
        container.putArchive(tarOf([entry]), { path: dirname(path), abortSignal: signal }),
      );
    }
  }

  async list(signal: AbortSignal): Promise<readonly { readonly volume: string; readonly space_id: string }[]> {
    const label = [`${instanceLabel}=${this.#instanceId}`];
    const { Volumes: volumes } = await this.#engine.ask("Listing volumes", signal, () =>
      this.#engine.docker.listVolumes({ filters: { label }, abortSignal: signal }),
    );
    return (volumes ?? []).map((found) => ({ volume: found.Name, space_id: found.Labels?.[spaceLabel] ?? "" }));
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

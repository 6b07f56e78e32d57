import { createHash } from "node:crypto";
import { networkInterfaces } from "node:os";
import type Docker from "dockerode";
import { Problem } from "../../problem/problem.ts";
import { dockerEngine, type Engine, messageOf, statusOf } from "./engine.ts";
import { guardedBridge, type HostGuard } from "./firewall.ts";
import { instanceLabel, userLabel } from "./labels.ts";
import { freeSubnets, type Subnet, subnetFrom } from "./subnet.ts";

export type NetworkOptions = {
  readonly instance_id: string;
  /** Where owners' networks are cut from, in CIDR notation. */
  readonly pool: string;
  /** Prefix length of each owner's network: 28 gives 13 spaces their own address. */
  readonly prefix: number;
  /** Keeps the networks from the machine itself; null leaves that to its administrator. */
  readonly guard: HostGuard | null;
};

/** One private bridge for each owner of spaces. Callers hold the owner's lock. */
export class OwnerNetworks {
  readonly #engine: Engine;
  readonly #options: NetworkOptions;

  constructor(engine: Engine, options: NetworkOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** The name of the owner's network. */
  nameOf(userId: string): string {
    return `kn-net-${userId}`;
  }

  /** Makes the owner's network unless it is there. */
  async ensure(userId: string, signal: AbortSignal): Promise<string> {
    const name = this.nameOf(userId);
    const found = await this.#engine.network(name, signal);
    if (found === undefined) await this.#create(name, userId, signal);
    else if (found.Labels?.[instanceLabel] !== this.#options.instance_id) throw foreignNetwork(name);
    return name;
  }

  /** Connects a container that stands still to the owner's network again when that was removed behind its back. */
  async reconnect(container: Docker.ContainerInspectInfo, userId: string, signal: AbortSignal): Promise<void> {
    const name = await this.ensure(userId, signal);
    const network = await this.#engine.network(name, signal);
    if (network === undefined || container.NetworkSettings.Networks[name]?.NetworkID === network.Id) return;
    const EndpointConfig = { Aliases: [container.Config.Hostname] };
    await this.#engine.ask(`Network ${name}`, signal, () =>
      this.#engine.docker.getNetwork(network.Id).connect({ Container: container.Id, EndpointConfig }),
    );
  }

  /** Owners who have a network of ours but, as it looks without their lock, no container. */
  async ownersWithout(signal: AbortSignal): Promise<readonly string[]> {
    const { docker } = this.#engine;
    const filters = { label: [`${instanceLabel}=${this.#options.instance_id}`] };
    const networks = await this.#engine.ask("Listing networks", signal, () =>
      docker.listNetworks({ filters, abortSignal: signal }),
    );
    const containers = await this.#engine.ask("Listing containers", signal, () =>
      docker.listContainers({ all: true, filters, abortSignal: signal }),
    );
    const owners = new Set(networks.flatMap(({ Labels }) => Labels?.[userLabel] ?? []));
    for (const { Labels } of containers) owners.delete(Labels[userLabel] ?? "");
    return [...owners];
  }

  /** Removes the owner's network when no container, running or not, is left that needs it. */
  async removeUnused(userId: string, signal: AbortSignal): Promise<void> {
    const name = this.nameOf(userId);
    const { docker } = this.#engine;
    const label = [`${instanceLabel}=${this.#options.instance_id}`, `${userLabel}=${userId}`];
    const what = `Removing network ${name}`;
    const left = await this.#engine.ask(what, signal, () =>
      docker.listContainers({ all: true, limit: 1, filters: { label }, abortSignal: signal }),
    );
    if (left.length > 0) return;
    const network = docker.getNetwork(name);
    const found = await this.#engine.network(name, signal);
    if (found?.Labels?.[instanceLabel] !== this.#options.instance_id) return;
    // 403: something is still connected, so it is not unused after all.
    await this.#engine.askUnless([403, 404, 409], what, signal, () => network.remove({ abortSignal: signal }));
  }

  async #create(name: string, userId: string, signal: AbortSignal): Promise<void> {
    const { docker } = this.#engine;
    const bridge = await this.#bridgeOf(userId, signal);
    const taken = await this.#engine.ask("Listing networks", signal, () =>
      docker.listNetworks({ abortSignal: signal }),
    );
    const used = [...taken.flatMap((network) => subnetsOf(network)), ...localSubnets()];
    for (const subnet of freeSubnets(this.#options.pool, this.#options.prefix, used, seedOf(userId))) {
      const made = await this.#engine.ask(`Network ${name}`, signal, () =>
        this.#tryCreate(name, userId, subnet, bridge),
      );
      if (made) return this.#guard(bridge);
    }
    const detail =
      `No free /${this.#options.prefix} subnet is left in ${this.#options.pool} for network ${name}. ` +
      "Remove unused networks (`docker network prune`) or configure a larger pool.";
    throw new Problem("runtime_failed", detail);
  }

  /** A fixed prefix lets one firewall rule match every owner's bridge, but not Podman's: names resolve at its bridge's address. */
  async #bridgeOf(userId: string, signal: AbortSignal): Promise<string> {
    const { engine } = await this.#engine.ask("The engine's version", signal, () => this.#engine.version(signal));
    const prefix = engine === dockerEngine ? guardedBridge : "kp-";
    return `${prefix}${seedOf(userId).toString(16).padStart(12, "0")}`;
  }

  async #guard(bridge: string): Promise<void> {
    if (bridge.startsWith(guardedBridge)) await this.#options.guard?.ensure(bridge);
  }

  /** False when the subnet turned out to be taken, by a network the list does not show or by a race. */
  async #tryCreate(name: string, userId: string, subnet: string, bridge: string): Promise<boolean> {
    try {
      await this.#engine.docker.createNetwork({
        Name: name,
        Driver: "bridge",
        CheckDuplicate: true,
        Labels: { [instanceLabel]: this.#options.instance_id, [userLabel]: userId },
        Options: { "com.docker.network.bridge.name": bridge },
        IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
      });
      return true;
    } catch (thrown) {
      if (statusOf(thrown) === 409) return true;
      if (/overlap|already used/i.test(messageOf(thrown))) return false;
      throw thrown;
    }
  }
}

function foreignNetwork(name: string): Problem {
  const detail = `The engine has a network ${name} that is not this installation's. Rename or remove it, then try again.`;
  return new Problem("runtime_failed", detail);
}

/** 48 bits that stay the same for a user. */
function seedOf(userId: string): number {
  return createHash("sha256").update(userId).digest().readUIntBE(0, 6);
}

function subnetsOf(network: Docker.NetworkInspectInfo): Subnet[] {
  return (network.IPAM?.Config ?? [])
    .map((config) => subnetFrom(config["Subnet"] ?? ""))
    .filter((found) => found !== null);
}

function localSubnets(): Subnet[] {
  return Object.values(networkInterfaces())
    .flat()
    .map((address) => subnetFrom(address?.cidr ?? ""))
    .filter((found) => found !== null);
}

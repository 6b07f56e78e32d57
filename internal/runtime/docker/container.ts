import type Docker from "dockerode";
import type { HealthCheck, Observed, SpaceSpec, Target } from "../../space/runtime.ts";
import { containerName, generationLabel, labelsOf, spaceLabel } from "./labels.ts";

const second = 1_000_000_000;

/** The engine's description of a hardened container: what `spec` does not ask for, the space does not get. */
export function containerOptions(
  instanceId: string,
  target: Target,
  spec: SpaceSpec,
  network: string,
): Docker.ContainerCreateOptions {
  return {
    name: containerName(target),
    Image: spec.image,
    Hostname: spec.hostname,
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(instanceId, target),
    // An image whose command is a shell stays up: its standard input is open, and silent.
    OpenStdin: true,
    ...(spec.command === null ? {} : { Cmd: [...spec.command] }),
    ...(spec.user === null ? {} : { User: spec.user }),
    ...(spec.working_dir === null ? {} : { WorkingDir: spec.working_dir }),
    ...(spec.health === null ? {} : { Healthcheck: healthOf(spec.health) }),
    HostConfig: hostConfig(spec, network),
    ...(spec.network === "own" ? aliasOf(network, spec.hostname) : {}),
  };
}

function hostConfig(spec: SpaceSpec, network: string): Docker.HostConfig {
  return {
    NetworkMode: network,
    Privileged: spec.privileged,
    CapDrop: ["ALL"],
    CapAdd: [...spec.capabilities],
    SecurityOpt: ["no-new-privileges:true"],
    PidsLimit: spec.pids,
    Memory: spec.memory_bytes,
    // Equal to Memory: no swap on top of it.
    MemorySwap: spec.memory_bytes,
    NanoCpus: Math.round(spec.cpus * second),
    Init: true,
    IpcMode: "private",
    PublishAllPorts: false,
    // The reconciler starts what should run; a second judge would hide crashes from it.
    RestartPolicy: { Name: "no" },
    LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
    Mounts: [...volumeMounts(spec), ...hostMounts(spec)],
  };
}

function volumeMounts(spec: SpaceSpec): Docker.MountSettings[] {
  return spec.volumes.map((mount) => ({
    Type: "volume",
    Source: mount.volume,
    Target: mount.path,
    ReadOnly: mount.read_only,
  }));
}

function hostMounts(spec: SpaceSpec): Docker.MountSettings[] {
  return spec.host_mounts.map((mount) => ({
    Type: "bind",
    Source: mount.source,
    Target: mount.path,
    ReadOnly: mount.read_only,
    BindOptions: { Propagation: "rprivate" },
  }));
}

function aliasOf(network: string, hostname: string): Pick<Docker.ContainerCreateOptions, "NetworkingConfig"> {
  return { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [hostname] } } } };
}

function healthOf(health: HealthCheck): Docker.HealthConfig {
  return {
    Test: ["CMD", ...health.command],
    Interval: health.interval_seconds * second,
    Timeout: health.timeout_seconds * second,
    Retries: health.retries,
    StartPeriod: health.start_seconds * second,
  };
}

/** What the engine knows of a container of ours. */
export function observedFrom(container: Docker.ContainerInspectInfo): Observed {
  const { State: state, Config: config } = container;
  const ended = stateFrom(state.Status) === "exited";
  const startedAt = Date.parse(state.StartedAt);
  return {
    space_id: config.Labels[spaceLabel] ?? "",
    generation: Number(config.Labels[generationLabel]),
    state: stateFrom(state.Status),
    exit_code: ended ? state.ExitCode : null,
    oom_killed: state.OOMKilled,
    health: healthFrom(state.Health?.Status),
    created_at: Date.parse(container.Created),
    // The year 1 stands for "never".
    started_at: startedAt > 0 ? startedAt : null,
  };
}

/** What the engine's list tells when a container cannot be inspected. */
export function observedFromListed(container: Docker.ContainerInfo): Observed {
  return {
    space_id: container.Labels[spaceLabel] ?? "",
    generation: Number(container.Labels[generationLabel]),
    state: stateFrom(container.State),
    exit_code: null,
    oom_killed: false,
    health: null,
    created_at: container.Created * 1000,
    started_at: null,
  };
}

function stateFrom(status: string): Observed["state"] {
  if (status === "created" || status === "running" || status === "paused") return status;
  // Podman's words for the same.
  if (status === "configured" || status === "initialized") return "created";
  return status === "restarting" || status === "stopping" ? "running" : "exited";
}

function healthFrom(status: string | undefined): Observed["health"] {
  return status === "starting" || status === "healthy" || status === "unhealthy" ? status : null;
}

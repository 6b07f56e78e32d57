import type { Readable, Writable } from "node:stream";
import type { Progress } from "../operation/call.ts";

/** What separates a space from the machine, strongest first. Shown in the API and the UI in these words. */
export type Isolation = "container" | "sandboxed process" | "plain process (no isolation)";

/** What holds a space to its numbers: a limit for the whole of it, one for each of its processes alone, or nothing. */
export type Enforcement = {
  readonly memory: "space" | "process" | "none";
  readonly cpus: "space" | "none";
  readonly pids: "space" | "none";
};

/** Which container is meant. Its name is `kn-<space_id>-<generation>`, so that a crash cannot lose it. */
export type Target = {
  readonly space_id: string;
  readonly generation: number;
  /** The owner: spaces of one owner share a network, of two owners never. */
  readonly user_id: string;
};

export type VolumeMount = {
  /** The engine's name of the volume: `kn-<space_id>-<name>`. */
  readonly volume: string;
  readonly path: string;
  readonly read_only: boolean;
};

export type PortSpec = { readonly name: string; readonly port: number; readonly protocol: "tcp" | "http" | "https" };

export type HealthCheck = {
  readonly command: readonly string[];
  readonly interval_seconds: number;
  readonly timeout_seconds: number;
  readonly retries: number;
  readonly start_seconds: number;
};

/** A template with everything filled in: what the runtime makes a space from. No value in it is interpreted again. */
export type SpaceSpec = {
  readonly image: string;
  readonly command: readonly string[] | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PortSpec[];
  readonly volumes: readonly VolumeMount[];
  /** Host paths; only from templates that an admin has allowed to. */
  readonly host_mounts: readonly { readonly source: string; readonly path: string; readonly read_only: boolean }[];
  readonly memory_bytes: number;
  readonly cpus: number;
  readonly pids: number;
  readonly capabilities: readonly string[];
  readonly privileged: boolean;
  /** `own`: the owner's private bridge; `none`: only loopback; `host`: only where an admin allowed it. */
  readonly network: "own" | "none" | "host";
  /** As name, uid or uid:gid; null is the image's own. It may write to new volumes and to a working directory it lacks. */
  readonly user: string | null;
  readonly working_dir: string | null;
  readonly hostname: string;
  readonly health: HealthCheck | null;
};

/** What a runtime sees of one container of ours. */
export type Observed = {
  readonly space_id: string;
  readonly generation: number;
  readonly state: "created" | "running" | "paused" | "exited";
  readonly exit_code: number | null;
  readonly oom_killed: boolean;
  readonly health: "starting" | "healthy" | "unhealthy" | null;
  /** Milliseconds since 1970, as the runtime tells it. */
  readonly created_at: number;
  readonly started_at: number | null;
};

export type ExecRequest = {
  /** Program and arguments; nothing goes through a shell unless the argv names one. */
  readonly argv: readonly string[];
  /** Absolute inside the space; the template's working directory when left out. */
  readonly cwd?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly user?: string | undefined;
  readonly stdin?: Readable | Uint8Array | undefined;
  /** Written with back pressure: a slow reader slows the command, not the daemon's memory. */
  readonly stdout: Writable;
  readonly stderr: Writable;
};

/** How a command ended: an exit code, or the signal that ended it. */
export type Exit = { readonly exit_code: number | null; readonly signal: string | null };

/**
 * Where spaces run. Every method is idempotent: creating what exists adopts it, starting what runs and removing what
 * is gone succeed. All throw `runtime_unavailable` when the engine does not answer, `runtime_failed` when it says no;
 * `signal` ends the wait, and for `exec` the command with all its children.
 */
export interface Runtime {
  readonly name: "docker" | "process";
  readonly isolation: Isolation;
  /** Known once `check` has answered; null before. */
  readonly enforcement: Enforcement | null;
  /** Throws when the engine does not answer; else who it is. */
  check(signal: AbortSignal): Promise<{ readonly engine: string; readonly version: string }>;
  /** Makes the image present. A failed pull names the registry, the cause and the next step. */
  pull(image: string, signal: AbortSignal, report: (progress: Progress) => void): Promise<void>;
  /** Creates the container with its network and volumes, or adopts the one of this name. */
  create(target: Target, spec: SpaceSpec, signal: AbortSignal): Promise<void>;
  start(target: Target, signal: AbortSignal): Promise<void>;
  /** SIGTERM, then SIGKILL after `grace_seconds`. */
  stop(target: Target, grace_seconds: number, signal: AbortSignal): Promise<void>;
  /** Removes the container, running or not. Volumes stay. */
  remove(target: Target, signal: AbortSignal): Promise<void>;
  inspect(target: Target, signal: AbortSignal): Promise<Observed | null>;
  /** Every container that carries this installation's id, whatever its state; never a foreign one. */
  list(signal: AbortSignal): Promise<readonly Observed[]>;
  /** Removes what was made around containers and no container needs any more, such as an owner's empty network. */
  removeUnused(signal: AbortSignal): Promise<void>;
  /** Volumes that carry this installation's id. */
  listVolumes(signal: AbortSignal): Promise<readonly { readonly volume: string; readonly space_id: string }[]>;
  /** How many bytes each of those volumes holds; what could not be measured is left out. */
  volumeSizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  removeVolume(volume: string, signal: AbortSignal): Promise<void>;
  /**
   * Ends commands whose caller is gone: those of a daemon that died, and those that could not be ended while the engine
   * was away. What a command left running in the background when it ended stays.
   */
  endStrays(target: Target, signal: AbortSignal): Promise<void>;
  exec(target: Target, request: ExecRequest, signal: AbortSignal): Promise<Exit>;
  /** The last lines of what the main process printed. */
  logs(target: Target, lines: number, signal: AbortSignal): Promise<string>;
}

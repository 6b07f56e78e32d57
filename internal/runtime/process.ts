import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { release } from "node:os";
import type { Progress } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import type {
  Enforcement,
  ExecRequest,
  Exit,
  Isolation,
  Observed,
  Runtime,
  SpaceSpec,
  Target,
} from "../space/runtime.ts";
import { abortedProblem } from "./aborted.ts";
import { commandMark } from "./family.ts";
import { inBatches } from "./in-batches.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { checkBubblewrap, refusePlainRoot } from "./process/check.ts";
import { CommandRecords } from "./process/commands.ts";
import { ControlGroups } from "./process/control-groups.ts";
import { type RunRecord, SpaceDirectory, type SpaceRecord, spaceNames, sweep } from "./process/directory.ts";
import { execArgv } from "./process/exec.ts";
import { isRoot } from "./process/is-root.ts";
import { type Argv, enterArgv, homeInside, sandboxArgv, uidInside } from "./process/isolation.ts";
import { enforcementOf, limitsArgv } from "./process/limits.ts";
import { lastLines, trimLog } from "./process/log.ts";
import { observe, runningOf, startMain, stopMain } from "./process/main-process.ts";
import { type Mount, refuseLinks } from "./process/mount-points.ts";
import { plainArgv, runMark } from "./process/plain.ts";
import { prologueText, withPrologue } from "./process/prologue.ts";
import { UserNumbers } from "./process/uids.ts";
import { DirectoryVolumes } from "./process/volumes.ts";
import { notRunning, noUser } from "./refusals.ts";

export type ProcessRuntimeOptions = {
  /** Everything of every space lives below it. Only the daemon's user may look in. */
  readonly directory: string;
  readonly instance_id: string;
  /** `plain` separates nothing: a space's programs are the daemon's user. Only by explicit choice, never as root. */
  readonly isolation: "sandbox" | "plain";
};

/** The image that templates of this runtime name: this machine's own programs. */
export const hostImage = "host";

/** Spaces as processes of this machine, in bubblewrap sandboxes, where there is no container engine. */
export function openProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  return new ProcessRuntime(options);
}

class ProcessRuntime implements Runtime {
  readonly name = "process";
  readonly isolation: Isolation;
  readonly #root: string;
  readonly #instanceId: string;
  readonly #plain: boolean;
  readonly #volumes: DirectoryVolumes;
  readonly #users: UserNumbers;
  readonly #locks = new KeyedLock();
  readonly #commands = new CommandRecords();
  #swept: Promise<void> | undefined;
  #groups: Promise<ControlGroups> | undefined;
  #enforcement: Enforcement | null = null;

  constructor(options: ProcessRuntimeOptions) {
    this.#root = options.directory;
    this.#instanceId = options.instance_id;
    this.#plain = options.isolation === "plain";
    this.isolation = this.#plain ? "plain process (no isolation)" : "sandboxed process";
    this.#volumes = new DirectoryVolumes(options.directory, options.instance_id);
    this.#users = new UserNumbers(options.directory);
  }

  get enforcement(): Enforcement | null {
    return this.#enforcement;
  }

  async check(signal: AbortSignal): Promise<{ readonly engine: string; readonly version: string }> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    await this.#sweep();
    await this.#openGroups();
    if (!this.#plain) return { engine: "bubblewrap", version: await checkBubblewrap(signal) };
    refusePlainRoot();
    return { engine: "Linux", version: release() };
  }

  async pull(image: string, _signal: AbortSignal, _report: (progress: Progress) => void): Promise<void> {
    if (image === hostImage) return;
    const detail =
      `The process runtime has no images: it runs this machine's own programs. Use a template whose image is ` +
      `"${hostImage}" instead of ${image}, or a container engine.`;
    throw new Problem("runtime_failed", detail);
  }

  async create(target: Target, spec: SpaceSpec, signal: AbortSignal): Promise<void> {
    this.#refuse(spec);
    await this.#locked(target, signal, async (directory) => {
      const found = await directory.space();
      if (found?.instance_id === this.#instanceId) return;
      if (found !== null) throw foreignSpace(directory.name);
      const uid = isRoot()
        ? await this.#locks.run("users", () => this.#users.of(target.space_id))
        : (process.getuid?.() ?? 0);
      for (const { volume } of spec.volumes) await this.#volumes.ensure(volume, target.space_id, uid);
      await directory.make({ instance_id: this.#instanceId, target, spec, created_at: Date.now(), uid });
    });
  }

  async start(target: Target, signal: AbortSignal): Promise<void> {
    await this.#locked(target, signal, async (directory) => {
      const record = await this.#record(directory);
      if (record === null)
        throw new Problem("runtime_failed", `${directory.name} is gone; it has to be created again.`);
      if ((await runningOf(directory)) !== null) return;
      const { spec } = record;
      if (!this.#plain) await refuseLinks(this.#mounts(directory, spec));
      const inside = withPrologue(spec.command ?? ["sleep", "infinity"]);
      const cwd = spec.working_dir ?? this.#home(directory);
      const environment = this.#environment(directory, record);
      await startMain(
        directory,
        {
          argvOf: (run) => this.#mainArgv(directory, record, run, inside),
          prologueOf: ({ token }) => {
            const marked = this.#plain ? { ...environment, [runMark]: token } : environment;
            return prologueText({ environment: marked, cwd, make: true });
          },
          makeGroups: async () => (await this.#openGroups()).make(directory.name, spec),
        },
        signal,
      );
    });
  }

  async stop(target: Target, grace_seconds: number, signal: AbortSignal): Promise<void> {
    await this.#locked(target, signal, async (directory) => {
      if ((await this.#record(directory)) !== null) await stopMain(directory, grace_seconds, signal);
    });
  }

  async remove(target: Target, signal: AbortSignal): Promise<void> {
    await this.#locked(target, signal, async (directory) => {
      if ((await this.#record(directory)) === null) return;
      await stopMain(directory, 0, signal);
      await directory.remove();
      await this.#freeUser(target.space_id);
    });
  }

  async inspect(target: Target, signal: AbortSignal): Promise<Observed | null> {
    if (signal.aborted) throw abortedProblem(signal, "Looking at a space");
    const directory = this.#directory(target);
    const record = await this.#record(directory);
    return record === null ? null : observe(directory, record);
  }

  async list(signal: AbortSignal): Promise<readonly Observed[]> {
    if (signal.aborted) throw abortedProblem(signal, "Listing spaces");
    const observed = await inBatches(await spaceNames(this.#root), 8, async (name) => {
      const directory = new SpaceDirectory(this.#root, name);
      const record = await this.#record(directory);
      if (record === null) return null;
      await trimLog(directory.file("log"));
      return observe(directory, record);
    });
    return observed.filter((found) => found !== null);
  }

  async removeUnused(): Promise<void> {
    const groups = await this.#openGroups();
    await groups.prune(() => spaceNames(this.#root));
  }

  async listVolumes(signal: AbortSignal): Promise<readonly { readonly volume: string; readonly space_id: string }[]> {
    if (signal.aborted) throw abortedProblem(signal, "Listing volumes");
    return this.#volumes.list();
  }

  async volumeSizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    return this.#volumes.sizes(signal);
  }

  async removeVolume(volume: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedProblem(signal, "Removing a volume");
    const found = (await this.#volumes.list()).find((each) => each.volume === volume);
    await this.#volumes.remove(volume);
    if (found !== undefined) await this.#freeUser(found.space_id);
  }

  async exec(target: Target, request: ExecRequest, signal: AbortSignal): Promise<Exit> {
    const directory = this.#directory(target);
    const record = await this.#record(directory);
    const running = record === null ? null : await runningOf(directory);
    if (record === null || running === null) throw notRunning();
    const known = ["dev", String(uidInside(record)), undefined];
    if (!known.includes(request.user)) throw noUser(request.user ?? "");
    const mark = randomUUID();
    const environment = { ...this.#environment(directory, record), ...request.environment, [commandMark]: mark };
    const marked = this.#plain ? { ...environment, [runMark]: running.run.token } : environment;
    const cwd = request.cwd ?? record.spec.working_dir ?? this.#home(directory);
    const inside = withPrologue(request.argv);
    const argv = this.#plain
      ? [...limitsArgv(record.spec, running.run), ...inside]
      : enterArgv(record, running, inside);
    const begun = (pid: number) => this.#commands.begin(directory, mark, pid);
    try {
      return await execArgv(argv, { environment: marked, cwd }, { mark, begun }, request, signal);
    } finally {
      await this.#commands.end(directory, mark);
    }
  }

  async endStrays(target: Target, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedProblem(signal, "Looking for commands nobody waits for");
    const directory = this.#directory(target);
    if ((await this.#record(directory)) !== null) await this.#commands.endStrays(directory);
  }

  async logs(target: Target, lines: number, signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw abortedProblem(signal, "Reading the log");
    const directory = this.#directory(target);
    return (await this.#record(directory)) === null ? "" : lastLines(directory.file("log"), lines);
  }

  #directory(target: Target): SpaceDirectory {
    return new SpaceDirectory(this.#root, `kn-${target.space_id}-${target.generation}`);
  }

  async #record(directory: SpaceDirectory): Promise<SpaceRecord | null> {
    const record = await directory.space();
    return record?.instance_id === this.#instanceId ? record : null;
  }

  /** Once, before anything is made: later it would take away what is just being made. */
  #sweep(): Promise<void> {
    this.#swept ??= sweep(this.#root);
    return this.#swept;
  }

  #locked(target: Target, signal: AbortSignal, task: (directory: SpaceDirectory) => Promise<void>): Promise<void> {
    const directory = this.#directory(target);
    return this.#locks.run(directory.name, async () => {
      await this.#sweep();
      if (signal.aborted) throw abortedProblem(signal, `The change of ${directory.name}`);
      await task(directory);
    });
  }

  /** Once: what the kernel gives this daemon does not change while it lives. */
  #openGroups(): Promise<ControlGroups> {
    this.#groups ??= ControlGroups.open(`knot-${this.#instanceId}`).then((groups) => {
      this.#enforcement = enforcementOf(groups.held, this.#plain);
      return groups;
    });
    return this.#groups;
  }

  #mainArgv(directory: SpaceDirectory, record: SpaceRecord, run: RunRecord, inside: Argv): Argv {
    if (this.#plain) return plainArgv(record, run, inside);
    const paths = {
      home: directory.file("home"),
      tmp: directory.file("tmp"),
      etc: directory.file("etc"),
      volume: (name: string) => this.#volumes.contentOf(name),
    };
    return sandboxArgv(record, paths, run, inside);
  }

  #mounts(directory: SpaceDirectory, spec: SpaceSpec): readonly Mount[] {
    const volumes = spec.volumes.map(({ volume, path }) => ({ source: this.#volumes.contentOf(volume), path }));
    const own = [
      { source: directory.file("home"), path: homeInside },
      { source: directory.file("tmp"), path: "/tmp" },
    ];
    return [...own, ...volumes, ...spec.host_mounts];
  }

  #home(directory: SpaceDirectory): string {
    return this.#plain ? directory.file("home") : homeInside;
  }

  #environment(directory: SpaceDirectory, record: SpaceRecord): Record<string, string> {
    const path = "/usr/local/bin:/usr/bin:/bin";
    return { HOME: this.#home(directory), USER: "dev", PATH: path, LANG: "C.UTF-8", ...record.spec.environment };
  }

  /** A space's number may be used again when nothing on disk belongs to it. */
  async #freeUser(spaceId: string): Promise<void> {
    const names = await spaceNames(this.#root);
    const volumes = await this.#volumes.list();
    const used =
      names.some((name) => name.startsWith(`kn-${spaceId}-`)) || volumes.some((each) => each.space_id === spaceId);
    if (!used) await this.#locks.run("users", () => this.#users.free(spaceId));
  }

  #refuse(spec: SpaceSpec): void {
    if (this.#plain) refusePlainRoot();
    if (spec.privileged || spec.capabilities.length > 0) {
      throw new Problem(
        "runtime_failed",
        "The process runtime gives no privileges and no capabilities. Use a container engine for this template.",
      );
    }
    if (this.#plain && spec.volumes.length + spec.host_mounts.length > 0) {
      throw new Problem(
        "runtime_failed",
        "A plain process sees this machine's files and cannot have volumes. Use the sandbox for this template.",
      );
    }
  }
}

function foreignSpace(name: string): Problem {
  return new Problem(
    "runtime_failed",
    `The directory of ${name} belongs to another installation. It was left alone; choose another directory.`,
  );
}

import Docker from "dockerode";
import { Problem } from "../../problem/problem.ts";
import type { Enforcement } from "../../space/runtime.ts";
import { abortedProblem } from "../aborted.ts";

const unreachable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket. Install and start an engine, or name its socket in the configuration",
  ECONNREFUSED: "nothing listens there. Start the engine (`systemctl start docker`)",
  EACCES: "the daemon may not open it. Add the daemon's user to the socket's group (`usermod -aG docker USER`)",
  EPERM: "the daemon may not open it. Add the daemon's user to the socket's group (`usermod -aG docker USER`)",
  ECONNRESET: "it closed the connection. Look at the engine's log (`journalctl -u docker`)",
  EPIPE: "it closed the connection. Look at the engine's log (`journalctl -u docker`)",
  ENOTFOUND: "the host name is unknown. Check the address in the configuration",
  EHOSTUNREACH: "the host cannot be reached. Check the address in the configuration",
  ETIMEDOUT: "it did not answer in time. Look at the engine's log (`journalctl -u docker`)",
};

/** What `version` calls Docker, and no engine that only speaks its API. */
export const dockerEngine = "Docker Engine";

/** The library takes the option; its types lack it. */
type Abortable<T> = { inspect(options: { abortSignal: AbortSignal }): Promise<T> };

/** A connection to a container engine that turns what goes wrong into Problems. */
export class Engine {
  readonly docker: Docker;
  readonly #address: string;

  /** `address` is a socket's path, or a URL with the scheme unix, tcp or http. */
  constructor(address: string) {
    this.#address = address;
    this.docker = new Docker(connectionOf(address));
  }

  /** Runs a request; `what` begins the sentence people read when it fails: "The image busybox". */
  async ask<T>(what: string, signal: AbortSignal, request: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw abortedProblem(signal, what);
    let onAbort = () => {};
    // Not every request of the library can be aborted; the wait for it always can.
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
    });
    signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([request(), aborted]);
    } catch (thrown) {
      throw this.problem(what, signal, thrown);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** As `ask`, but undefined when the engine answers with one of `statuses` (404: gone, 304: was so already). */
  async askUnless<T>(
    statuses: readonly number[],
    what: string,
    signal: AbortSignal,
    request: () => Promise<T>,
  ): Promise<T | undefined> {
    return this.ask(what, signal, async () => {
      try {
        return await request();
      } catch (thrown) {
        if (statuses.includes(statusOf(thrown))) return undefined;
        throw thrown;
      }
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    const ask = this.docker.ping as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
    await ask.call(this.docker, { abortSignal: signal });
  }

  async version(signal: AbortSignal): Promise<{ readonly engine: string; readonly version: string }> {
    const ask = this.docker.version as (options: { abortSignal: AbortSignal }) => Promise<Docker.DockerVersion>;
    const found = await ask.call(this.docker, { abortSignal: signal });
    const component = found.Components?.[0]?.Name ?? "Engine";
    return { engine: component === "Engine" ? dockerEngine : component, version: found.Version };
  }

  /** Which limits the engine can set: a rootless one may not be given the control groups it takes. */
  async enforcement(signal: AbortSignal): Promise<Enforcement> {
    const ask = this.docker.info as (options: { abortSignal: AbortSignal }) => Promise<Record<string, unknown>>;
    const found = await ask.call(this.docker, { abortSignal: signal });
    const can = (word: string) => (found[word] === false ? "none" : "space");
    return { memory: can("MemoryLimit"), cpus: can("CpuCfsQuota"), pids: can("PidsLimit") };
  }

  /** Undefined when there is none of this name. */
  network(name: string, signal: AbortSignal): Promise<Docker.NetworkInspectInfo | undefined> {
    const network = this.docker.getNetwork(name) as unknown as Abortable<Docker.NetworkInspectInfo>;
    return this.askUnless([404], `Network ${name}`, signal, () => network.inspect({ abortSignal: signal }));
  }

  problem(what: string, signal: AbortSignal, thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    if (signal.aborted) return abortedProblem(signal, what);
    const status = statusOf(thrown);
    if (status === 0) return this.unavailable(thrown);
    return new Problem("runtime_failed", `${what} failed: the engine says "${messageOf(thrown)}".`, {
      cause: thrown,
      extra: { engine_status: status },
    });
  }

  unavailable(thrown: unknown): Problem {
    const code = (thrown as { code?: string }).code ?? "ECONNRESET";
    const why = unreachable[code] ?? `${code}: ${messageOf(thrown)}`;
    return new Problem("runtime_unavailable", `The container engine at ${this.#address} did not answer: ${why}.`, {
      cause: thrown,
    });
  }
}

/** The HTTP status of an engine's answer, 0 when there was no answer. */
export function statusOf(thrown: unknown): number {
  const status = (thrown as { statusCode?: number } | undefined)?.statusCode ?? 0;
  // Podman's answer to the second of two creates at once; Docker's is 409.
  return status === 500 && /name .* is already in use/.test(messageOf(thrown)) ? 409 : status;
}

/** The engine's own words, without the prefix that the client library puts before them. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/^\(HTTP code \d+\) .*? - /s, "").trim();
}

function connectionOf(address: string): Docker.DockerOptions {
  const remote = /^(?:tcp|https?):\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?/.exec(address);
  if (remote !== null) {
    const protocol = address.startsWith("https") ? "https" : "http";
    return { host: remote[1], port: remote[2] ?? 2375, protocol };
  }
  // DOCKER_HOST in the daemon's environment would win over socketPath if `host` were only left out.
  return { socketPath: address.replace(/^unix:\/\//, ""), host: undefined } as unknown as Docker.DockerOptions;
}

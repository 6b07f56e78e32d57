import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

/** Begins the name of every bridge that the guard's rules are about, and of no other interface. */
export const guardedBridge = "kn-";

/** Each as iptables takes it after `-C` or `-I`. */
const rules: readonly (readonly string[])[] = [
  [
    "DOCKER-USER",
    "-i",
    `${guardedBridge}+`,
    "-d",
    "169.254.0.0/16",
    "-m",
    "comment",
    "--comment",
    "knot",
    "-j",
    "REJECT",
  ],
  // Only new connections: what a space answers to the host has to come in.
  [
    ...["INPUT", "-i", `${guardedBridge}+`, "-m", "conntrack", "--ctstate", "NEW"],
    ...["-m", "comment", "--comment", "knot", "-j", "REJECT"],
  ],
];

/** Runs `iptables` with these arguments; rejects as `execFile` does. */
export type Iptables = (args: readonly string[]) => Promise<unknown>;

const execute = promisify(execFile);

// A service's PATH may lack the folders where iptables is.
const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

const systemIptables: Iptables = (args) =>
  execute("iptables", [...args], { env: { PATH, LC_ALL: "C" }, timeout: 10_000 });

/** Firewall rules that keep owners' bridges from the machine itself and from its metadata service. */
export class HostGuard {
  readonly #warn: (warning: string) => void;
  readonly #iptables: Iptables;
  #warned = false;
  #last: Promise<void> = Promise.resolve();

  /** `warn` is called at most once. */
  constructor(warn: (warning: string) => void, iptables: Iptables = systemIptables) {
    this.#warn = warn;
    this.#iptables = iptables;
  }

  /** Adds the rules that are missing; never rejects. `bridge` is one the engine has just made. */
  ensure(bridge?: string): Promise<void> {
    // One after the other: two at once would both find a rule missing and both add it.
    this.#last = this.#last.then(() => this.#ensure(bridge));
    return this.#last;
  }

  async #ensure(bridge: string | undefined): Promise<void> {
    try {
      for (const rule of rules) await this.#add(rule);
    } catch (thrown) {
      this.#tell(reasonOf(thrown));
      return;
    }
    if (bridge !== undefined && !existsSync(`/sys/class/net/${bridge}`)) {
      this.#tell("the engine's networks are not among this machine's");
    }
  }

  async #add(rule: readonly string[]): Promise<void> {
    try {
      await this.#iptables(["-w", "3", "-C", ...rule]);
    } catch (thrown) {
      // 1: no such rule. The chain may be missing as well, which adding then tells.
      if ((thrown as { code?: unknown }).code !== 1) throw thrown;
      await this.#iptables(["-w", "3", "-I", ...rule]);
    }
  }

  #tell(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    const commands = rules.map((rule) => `\`iptables -I ${rule.join(" ")}\``).join(" and ");
    this.#warn(
      `Spaces can reach this machine's own ports and 169.254.0.0/16, because the firewall could not be set: ${reason}. ` +
        `Run ${commands} as root where the engine runs, then set server.docker.guard_host = false.`,
    );
  }
}

function reasonOf(thrown: unknown): string {
  const { code, stderr, message } = thrown as { code?: unknown; stderr?: unknown; message?: string };
  if (code === "ENOENT") return "there is no iptables";
  const said = typeof stderr === "string" ? stderr.trim().split("\n")[0] : "";
  return (said || message || String(thrown)).replace(/\.$/, "");
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { startDaemon } from "./daemon.ts";
import { answersAt } from "./packages.ts";
import type { Service } from "./service.ts";

/**
 * The engine that answers on this machine, or a private dockerd with everything of its own. Two daemons in one network
 * namespace share iptables chains, so the private one gets a bridge of its own name and leaves docker0 alone.
 */
export async function startEngine(): Promise<Service> {
  const present = answersAt();
  if (present !== undefined && (await pings(present)))
    return { env: { KNOT_TEST_DOCKER: present }, stop: async () => {} };
  if (process.getuid?.() !== 0) throw new Error("no engine answers, and only root can start one.");
  // Short: a socket's path may have 107 bytes, and dockerd makes some below this.
  const root = mkdtempSync("/tmp/kd-");
  const socket = join(root, "s");
  const bridge = `kd${process.pid}`.slice(0, 15);
  run("ip", "link", "add", bridge, "type", "bridge");
  run("ip", "addr", "add", `10.222.${process.pid % 256}.1/24`, "dev", bridge);
  run("ip", "link", "set", bridge, "up");
  const cleanUp = () => {
    run("ip", "link", "del", bridge);
    unmountBelow(root);
    rmSync(root, { recursive: true, force: true });
  };
  const places = ["--data-root", join(root, "data"), "--exec-root", join(root, "x"), "--pidfile", join(root, "pid")];
  const access = ["-H", `unix://${socket}`, "--bridge", bridge, "--log-level", "warn"];
  try {
    const daemon = await startDaemon({
      argv: ["dockerd", ...places, ...access],
      log: join(root, "log"),
      ready: () => pings(socket),
    });
    const stop = async () => {
      await daemon.stop("SIGTERM");
      cleanUp();
    };
    return { env: { KNOT_TEST_DOCKER: socket }, stop };
  } catch (thrown) {
    cleanUp();
    throw new Error(`${(thrown as Error).message}${iptablesAdvice((thrown as Error).message)}`);
  }
}

function iptablesAdvice(log: string): string {
  if (!/iptables|nf_tables|netfilter/i.test(log)) return "";
  return "\nThis kernel or container lacks what dockerd's firewall needs. Load ip_tables, try `update-alternatives --set iptables /usr/sbin/iptables-legacy`, or name a running engine with DOCKER_HOST.";
}

function pings(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: "/_ping", timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

/** Containers that were not removed leave mounts; only those below our own directory are touched. */
function unmountBelow(root: string): void {
  if (!existsSync("/proc/self/mountinfo")) return;
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  const below = mounts.filter((path) => path.startsWith(`${root}/`));
  for (const path of below.sort((a, b) => b.length - a.length)) run("umount", "-l", path);
}

function run(program: string, ...args: string[]): void {
  spawnSync(program, args, {
    stdio: "ignore",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
}

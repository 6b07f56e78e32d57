import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { warn } from "./warn.ts";

/** Debian's names of what the tests use, and how to see that it is there. */
const packages: Readonly<Record<string, () => boolean>> = {
  "docker.io": () => answersAt() !== undefined || hasProgram("dockerd"),
  bubblewrap: () => hasProgram("bwrap"),
  chromium: () => existsSync("/usr/bin/chromium"),
  postgresql: () => postgresPrograms() !== undefined,
  "busybox-static": () => hasProgram("busybox"),
  iproute2: () => hasProgram("ip"),
  iptables: () => answersAt() !== undefined || hasProgram("iptables"),
  "util-linux": () => hasProgram("nsenter"),
};

/** Installs what is missing, only as root and only where there is apt. */
export function installPackages(): void {
  const missing = Object.keys(packages).filter((name) => !packages[name]?.());
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !hasProgram("apt-get")) {
    warn(
      `missing: ${missing.join(" ")}. Tests that need them are SKIPPED. As root: apt-get install ${missing.join(" ")}`,
    );
    return;
  }
  const apt = (...args: string[]) =>
    spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-y", "-q", ...args], {
      // Nothing that a package starts by itself: the services of the tests are private ones.
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    }).status === 0;
  const install = () => apt("install", "--no-install-recommends", ...missing);
  if (install() || (apt("update") && install())) return;
  const left = missing.filter((name) => !packages[name]?.());
  warn(`could not install ${left.join(" ")}; tests that need them are SKIPPED.`);
}

/** The folder of PostgreSQL's server programs, the newest version. */
export function postgresPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => `${root}/${version}/bin`).find((folder) => existsSync(`${folder}/initdb`));
}

/** The engine named by DOCKER_HOST, or the machine's own, if its socket exists. */
export function answersAt(): string | undefined {
  const named = process.env["KNOT_TEST_DOCKER"] ?? process.env["DOCKER_HOST"]?.replace(/^unix:\/\//, "");
  return [named, "/var/run/docker.sock"].find((path) => path !== undefined && existsSync(path));
}

function hasProgram(name: string): boolean {
  try {
    // The administrator's programs are not on everyone's PATH.
    const PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
    execFileSync("sh", ["-c", `command -v ${name}`], { stdio: "ignore", env: { ...process.env, PATH } });
    return true;
  } catch {
    return false;
  }
}

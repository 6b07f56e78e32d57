import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Problem } from "../../problem/problem.ts";
import { isRoot } from "./is-root.ts";

const run = promisify(execFile);

/** Makes a sandbox that does nothing; throws what keeps this machine from it, with the one command that changes it. */
export async function checkBubblewrap(signal: AbortSignal): Promise<string> {
  const options = { signal, timeout: 5_000, encoding: "utf8" } as const;
  const version = await run("bwrap", ["--version"], options).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT")
      throw unavailable(
        `bubblewrap is not installed. Run \`${isRoot() ? "" : "sudo "}apt-get install bubblewrap\``,
        thrown,
      );
    throw unavailable(`bubblewrap does not run: ${thrown.message}`, thrown);
  });
  const user = isRoot() ? [] : ["--unshare-user"];
  await run("bwrap", [...user, "--unshare-pid", "--ro-bind", "/", "/", "true"], options).catch((thrown) => {
    const said = String((thrown as { stderr?: string }).stderr ?? thrown).trim();
    throw unavailable(obstacle(said, isRoot()), thrown);
  });
  return version.stdout.trim().replace(/^bubblewrap /, "");
}

/** What to do about that which bubblewrap said when it could not make a sandbox. */
export function obstacle(said: string, asRoot: boolean, mounts = mountsHere()): string {
  // a sandbox begins with a change to the mount of the root folder, which a chroot need not have
  const isChroot = mounts !== null && !mounts.split("\n").some((line) => line.split(" ")[4] === "/");
  if (isChroot || /make \/ slave/i.test(said)) {
    const step = asRoot
      ? "Enter it by way of a mount: `mount --rbind / /mnt && chroot /mnt`, and start knot there"
      : "Start knot outside of it, or as root";
    return `this is a chroot whose root folder is no mount point, where no sandbox can be made (${said}). ${step}`;
  }
  const remedy = /apparmor|uid map/i.test(said)
    ? "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    : "sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1";
  return `the kernel does not let this user make a sandbox (${said}). As root run \`${remedy}\``;
}

const mountsHere = (): string | null =>
  existsSync("/proc/self/mountinfo") ? readFileSync("/proc/self/mountinfo", "utf8") : null;

/** Spaces without isolation would have all the rights of root: refused. */
export function refusePlainRoot(): void {
  if (isRoot())
    throw unavailable(
      "plain processes are not run as root. Run the daemon as an ordinary user, or use the sandbox",
      null,
    );
}

function unavailable(why: string, cause: unknown): Problem {
  return new Problem("runtime_unavailable", `The process runtime cannot be used: ${why}.`, { cause });
}

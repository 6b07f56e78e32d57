import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { RunRecord, SpaceRecord } from "./directory.ts";
import { isRoot } from "./is-root.ts";
import { limitsArgv, ownNamespaceArgv } from "./limits.ts";

/** A program and its arguments. */
export type Argv = readonly string[];

export type SandboxPaths = {
  readonly home: string;
  readonly tmp: string;
  readonly etc: string;
  /** Directory on this machine of a volume. */
  readonly volume: (name: string) => string;
};

/** Inside every sandbox; a script of ours runs before the space's own program. */
export const homeInside = "/home/dev";

/** The uid that the space's processes see themselves as. */
export const uidInside = (record: Pick<SpaceRecord, "uid">): number => (isRoot() ? record.uid : 1000);

/**
 * The command line of a sandbox: this machine's programs to read, its own home and temporary directory, own process,
 * IPC and host name spaces, no capabilities, no new privileges. It carries no secrets: the machine's other users can
 * read it. As root no user namespace is made, and all but the sandbox's reaper run as the space's own user.
 * File descriptor 5 takes bubblewrap's status.
 */
export function sandboxArgv(record: SpaceRecord, paths: SandboxPaths, run: RunRecord, inside: Argv): Argv {
  const { spec } = record;
  const identity = isRoot()
    ? ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    : ["--unshare-user", "--uid", `${uidInside(record)}`, "--gid", `${uidInside(record)}`, "--cap-drop", "ALL"];
  return [
    ...limitsArgv(record.spec, run),
    "bwrap",
    ...identity,
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(spec.network === "none" ? ["--unshare-net"] : []),
    ...["--hostname", spec.hostname, "--new-session", "--json-status-fd", "5"],
    ...visibleDirectories([
      "/etc/.",
      "/var/.",
      homeInside,
      ...spec.volumes.map(pathOf),
      ...spec.host_mounts.map(pathOf),
    ]),
    ...systemMounts(),
    ...deviceMounts(),
    ...["--proc", "/proc", "--tmpfs", "/run", "--bind", paths.tmp, "/tmp", "--symlink", "../tmp", "/var/tmp"],
    ...["--ro-bind", join(paths.etc, "passwd"), "/etc/passwd", "--ro-bind", join(paths.etc, "group"), "/etc/group"],
    ...["--bind", paths.home, homeInside],
    ...spec.volumes.flatMap((mount) => bind(mount.read_only, paths.volume(mount.volume), mount.path)),
    ...spec.host_mounts.flatMap((mount) => bind(mount.read_only, mount.source, mount.path)),
    ...["--clearenv", "--setenv", "KNOT_RUN", run.token, "--"],
    ...(isRoot() ? becomeUser(record) : ownNamespaceArgv(spec)),
    ...inside,
  ];
}

/** Enters a running sandbox by the process id of its first process, as the sandbox's own user. */
export function enterArgv(
  record: SpaceRecord,
  { pid, run }: { readonly pid: number; readonly run: RunRecord },
  inside: Argv,
): Argv {
  // Where the daemon is in a chroot, the root of the mounts alone would be the machine's, outside of the sandbox.
  const namespaces = [
    "--root",
    "--mount",
    "--pid",
    "--ipc",
    "--uts",
    ...(record.spec.network === "none" ? ["--net"] : []),
  ];
  // As root the user is changed by nsenter itself, before anything that the space could have replaced is loaded.
  const identity = isRoot()
    ? ["--setuid", String(record.uid), "--setgid", String(record.uid)]
    : ["--user", "--preserve-credentials"];
  return [
    ...limitsArgv(record.spec, run),
    "setpriv",
    "--no-new-privs",
    "nsenter",
    "--target",
    String(pid),
    ...namespaces,
    ...identity,
    "--",
    ...(isRoot() ? [] : ownNamespaceArgv(record.spec)),
    ...inside,
  ];
}

function becomeUser(record: SpaceRecord): Argv {
  const uid = String(record.uid);
  return ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--inh-caps=-all", "--"];
}

/** Programs and libraries of this machine, wherever its distribution keeps them. */
function systemMounts(): Argv {
  const top = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].flatMap((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    return found.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
  });
  const etc = [
    "alternatives",
    "ssl",
    "ca-certificates",
    "resolv.conf",
    "hosts",
    "nsswitch.conf",
    "ld.so.cache",
    "localtime",
  ];
  return [
    "--ro-bind",
    "/usr",
    "/usr",
    ...top,
    ...etc.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
  ];
}

/**
 * bubblewrap's own /dev has terminals, but for an ordinary user it costs a second user namespace, which nobody can enter
 * from outside. There only the harmless devices are shown.
 */
function deviceMounts(): Argv {
  const shm = ["--perms", "1777", "--tmpfs", "/dev/shm"];
  if (isRoot()) return ["--dev", "/dev", ...shm];
  const nodes = ["null", "zero", "full", "random", "urandom", "tty"].flatMap((name) => [
    "--dev-bind",
    `/dev/${name}`,
    `/dev/${name}`,
  ]);
  const links = [
    ["/proc/self/fd", "fd"],
    ["fd/0", "stdin"],
    ["fd/1", "stdout"],
    ["fd/2", "stderr"],
  ] as const;
  return ["--tmpfs", "/dev", ...nodes, ...links.flatMap(([to, name]) => ["--symlink", to, `/dev/${name}`]), ...shm];
}

/** What bubblewrap makes on the way to a mount could be entered by root only. */
function visibleDirectories(paths: readonly string[]): Argv {
  const parents = paths.flatMap((path) => {
    const names = path.split("/").slice(1, -1);
    return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
  });
  return [...new Set(parents)].sort().flatMap((path) => ["--perms", "0755", "--dir", path]);
}

const pathOf = (mount: { readonly path: string }): string => mount.path;

function bind(readOnly: boolean, source: string, path: string): Argv {
  return [readOnly ? "--ro-bind" : "--bind", source, path];
}

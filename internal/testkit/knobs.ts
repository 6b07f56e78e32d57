import type { Danger } from "../template/rules.ts";

/** A way in which a template could weaken the isolation of its spaces. */
export type Knob = {
  /** One line of a template, with what decides in the place of VALUE. */
  readonly line: string;
  readonly value: string;
  /** The word with which an administrator allows it; null when nobody can. */
  readonly allow: Danger | null;
};

const mount = (source: string) => ({ line: "host_mounts: [{ source: VALUE, path: /x }]", value: source });

/** Every way we know, those that no template has included: whoever adds one to templates finds it refused here. */
export const knobs: readonly Knob[] = [
  { line: "privileged: VALUE", value: "true", allow: "privileged" },
  { line: "network: VALUE", value: "host", allow: "host_network" },
  { ...mount("/srv"), allow: "host_mounts" },
  ...["SYS_ADMIN", "CAP_NET_ADMIN", "sys_ptrace", "NET_RAW", "ALL"].map(
    (value) => ({ line: "capabilities: [VALUE]", value, allow: "capabilities" }) as const,
  ),
  ...["/var/run/docker.sock", "/", "/proc", "/run/podman", "/srv/../etc"].map((path) => ({
    ...mount(path),
    allow: null,
  })),
  ...["container:other", "default"].map((value) => ({ line: "network: VALUE", value, allow: null })),
  { line: "volumes: [{ name: VALUE, path: /x }]", value: "/etc", allow: null },
  { line: "volumes: [{ name: a, path: VALUE }]", value: "/proc", allow: null },
  { line: "volumes: [{ name: a, path: /x, driver_opts: { device: VALUE } }]", value: "/", allow: null },
  { line: "pids: VALUE", value: "-1", allow: null },
  { line: "memory: VALUE", value: "0", allow: null },
  { line: "cpus: VALUE", value: "0", allow: null },
  ...["pid", "ipc", "uts", "userns", "cgroup_parent", "devices", "security_opt", "sysctls", "cap_add", "cap_drop"].map(
    (key) => ({ line: `${key}: VALUE`, value: "host", allow: null }),
  ),
  ...["volumes_from", "binds", "restart", "ulimits", "init", "publish_all_ports", "oom_kill_disable", "shm_size"].map(
    (key) => ({ line: `${key}: VALUE`, value: "host", allow: null }),
  ),
];

/** The template with its danger in its second line. */
export const dangerous = ({ line, value }: Knob, image = "debian"): string =>
  `image: ${image}\n${line.replace("VALUE", value)}`;

/** The same with a parameter in the place of what decides. */
export const parametric = ({ line, value }: Knob, withDefault: boolean): string => {
  const fallback = withDefault ? `, default: "${value}"` : "";
  return `image: debian\n${line.replace("VALUE", `"\${{ .custom.p }}"`)}\nparameters: [{ name: p${fallback} }]`;
};

export type Danger = "privileged" | "host_network" | "host_mounts" | "capabilities";
export type Summary = Record<string, unknown>;

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openDockerRuntime } from "../runtime/docker.ts";
import { openProcessRuntime } from "../runtime/process.ts";
import type { Runtime } from "../space/runtime.ts";
import { busyboxImage } from "./images.ts";
import { dockerSocket, needs } from "./needs.ts";

/** Where the spaces of a real daemon run, and what it takes. */
export type Place = {
  readonly skip: string | false;
  /** The daemon's knot.toml: any free port, /mcp on. */
  readonly config: string;
  readonly template: string;
  /** The template's YAML, when it is not one that every daemon has. */
  readonly spec?: string;
  readonly isolation: string;
  /** What runs there, for a daemon with this data folder. */
  readonly runtime: (data_dir: string) => Runtime;
};

const configOf = (docker: string) => `[server]
listen = "127.0.0.1:0"

[server.mcp]
enabled = true

[server.docker]
${docker}

[server.podman]
enabled = "never"
`;

const instanceOf = (data_dir: string) => readFileSync(join(data_dir, "instance"), "utf8").trim();

/** Sandboxed processes of this machine, without any engine. */
export const sandboxPlace: Place = {
  ...needs("process"),
  config: configOf('enabled = "never"'),
  template: "sandbox",
  isolation: "sandboxed process",
  runtime: (data_dir) =>
    openProcessRuntime({
      directory: join(data_dir, "spaces"),
      instance_id: instanceOf(data_dir),
      isolation: "sandbox",
    }),
};

/** Containers of the engine, from an image that needs no registry. */
export async function containerPlace(): Promise<Place> {
  const { skip } = needs("docker");
  return {
    skip,
    config: configOf(`enabled = "always"\nhost = "unix://${dockerSocket()}"`),
    template: "busybox",
    spec: `image: ${skip === false ? await busyboxImage() : "busybox"}
command: [sleep, "1000000"]
working_dir: /home/dev
network: none
memory: 64M
volumes:
  - name: home
    path: /home/dev
`,
    isolation: "container",
    runtime: (data_dir) =>
      openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: instanceOf(data_dir) }),
  };
}

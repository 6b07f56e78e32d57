import Docker from "dockerode";

const label = "knot.instance";

/** What the installations of a test run still have in an engine: containers, volumes and networks, as "kind name". */
export async function leftoversOf(run: string, socketPath: string): Promise<readonly string[]> {
  // DOCKER_HOST would win over socketPath if `host` were only left out.
  const docker = new Docker({ socketPath, host: undefined } as unknown as Docker.DockerOptions);
  const filters = { label: [label] };
  const containers = await docker.listContainers({ all: true, filters });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  const networks = await docker.listNetworks({ filters });
  const found = [
    ...containers.map(({ Names, Labels }) => ({ what: `container ${Names[0]}`, labels: Labels })),
    ...(volumes ?? []).map(({ Name, Labels }) => ({ what: `volume ${Name}`, labels: Labels })),
    ...networks.map(({ Name, Labels }) => ({ what: `network ${Name}`, labels: Labels ?? {} })),
  ];
  return found.filter(({ labels }) => labels[label]?.startsWith(`${run}-`)).map(({ what }) => what);
}

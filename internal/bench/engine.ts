import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { dockerSocket } from "../testkit/needs.ts";

const label = "knot.bench";

/** The engine that the tests use, without knot in between; null when none answers. */
export async function openBareEngine(): Promise<Docker | null> {
  // DOCKER_HOST would win over socketPath if `host` were only left out.
  const docker = new Docker({ socketPath: dockerSocket(), host: undefined } as unknown as Docker.DockerOptions);
  return docker.ping().then(
    () => docker,
    () => null,
  );
}

/** A container that stands still, hardened as knot hardens its own; `network` is "none" or the name of a bridge. */
export async function createBareContainer(
  docker: Docker,
  name: string,
  image: string,
  network: string,
): Promise<Docker.Container> {
  if (network !== "none") await docker.createNetwork({ Name: network, Driver: "bridge", Labels: { [label]: name } });
  return docker.createContainer({
    name,
    Image: image,
    Hostname: "bench",
    Cmd: ["sleep", "3600"],
    OpenStdin: true,
    Labels: { [label]: name },
    HostConfig: {
      NetworkMode: network,
      CapDrop: ["ALL"],
      CapAdd: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
      SecurityOpt: ["no-new-privileges:true"],
      PidsLimit: 512,
      Memory: 64 * 1024 ** 2,
      MemorySwap: 64 * 1024 ** 2,
      NanoCpus: 1_000_000_000,
      Init: true,
      IpcMode: "private",
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
    },
  });
}

/** Runs a command in a running container; throws unless it ends with 0. */
export async function runBare(container: Docker.Container, argv: readonly string[]): Promise<void> {
  const command = await container.exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true });
  const output = await command.start({ hijack: true, stdin: false });
  await once(output.resume(), "end");
  const { ExitCode } = await command.inspect();
  if (ExitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${ExitCode}`);
}

/** Removes what the bench and the daemon on `dataDir` have made in the engine, also after a run that failed. */
export async function sweepEngine(docker: Docker, dataDir: string, names: readonly string[]): Promise<void> {
  const instance = `knot.instance=${readFileSync(join(dataDir, "instance"), "utf8").trim()}`;
  for (const wanted of [instance, ...names.map((name) => `${label}=${name}`)]) {
    const filters = { label: [wanted] };
    for (const { Id } of await docker.listContainers({ all: true, filters })) {
      await docker.getContainer(Id).remove({ force: true, v: true });
    }
    for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
  }
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { type TarEntry, tarOf } from "../runtime/docker/tar.ts";
import { dockerSocket } from "./needs.ts";

// Podman gives what it imports the tag "latest", whatever was asked for.
const name = "knot-test/busybox:latest";
const imported = new Map<string, Promise<string>>();

/**
 * The reference of a 2 MB image made from this machine's static busybox, with the users root and dev (1000): tests
 * need no registry. Imported into the engine when it is not there yet.
 */
export function busyboxImage(socket: string = dockerSocket()): Promise<string> {
  const known = imported.get(socket) ?? importBusybox(socket);
  imported.set(socket, known);
  return known;
}

async function importBusybox(socketPath: string): Promise<string> {
  // DOCKER_HOST would win over socketPath if `host` were only left out.
  const docker = new Docker({ socketPath, host: undefined } as unknown as Docker.DockerOptions);
  const present = docker.getImage(name).inspect();
  if (await present.then(Boolean, () => false)) return name;
  const [repo, tag] = name.split(":");
  const changes = ['CMD ["/bin/sh"]', "ENV PATH=/bin"];
  const stream = await docker.importImage(Readable.from([busyboxTar()]), { repo, tag, changes });
  for await (const chunk of stream) {
    const failure = /"error":"([^"]*)"/.exec(String(chunk));
    if (failure !== null) throw new Error(`import of ${name}: ${failure[1]}`);
  }
  return name;
}

function busyboxTar(): Buffer {
  const applets = execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
  const program = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  const entries: TarEntry[] = [
    { path: "bin/", mode: 0o755 },
    { path: "etc/", mode: 0o755 },
    { path: "root/", mode: 0o700 },
    { path: "tmp/", mode: 0o1777 },
    { path: "home/", mode: 0o755 },
    { path: "home/dev/", mode: 0o755, owner: 1000 },
    { path: "bin/busybox", mode: 0o755, content: readFileSync(program) },
    {
      path: "etc/passwd",
      mode: 0o644,
      content: Buffer.from("root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n"),
    },
    { path: "etc/group", mode: 0o644, content: Buffer.from("root:x:0:\ndev:x:1000:\n") },
  ];
  // "busybox" is in its own list: a link of that name would replace the program by a link to itself.
  const links = applets.filter((applet) => applet !== "busybox");
  return tarOf([...entries, ...links.map((applet) => ({ path: `bin/${applet}`, mode: 0o777, link: "busybox" }))]);
}

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import Docker from "dockerode";
import type { Progress } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import type { Runtime, SpaceSpec, Target } from "../space/runtime.ts";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { tarOf } from "./docker/tar.ts";
import { openDockerRuntime } from "./docker.ts";

const never = new AbortController().signal;
const engine = () => new Docker({ socketPath: dockerSocket(), host: undefined } as unknown as Docker.DockerOptions);
const nameOf = (target: Target) => `kn-${target.space_id}-${target.generation}`;

type World = {
  readonly runtime: Runtime;
  readonly make: (spec?: Partial<SpaceSpec>, target?: Target) => Promise<Target>;
};

const it = (name: string, body: (t: TestContext, world: World) => Promise<void>) =>
  test(`docker ${name}`, needs("docker"), async (t) => {
    const runtime = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: testInstance() });
    t.after(async () => {
      for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
      for (const { volume } of await runtime.listVolumes(never)) await runtime.removeVolume(volume, never);
    });
    const make: World["make"] = async (spec = {}, target = someTarget()) => {
      await runtime.create(target, someSpec({ image: await busyboxImage(), ...spec }), never);
      await runtime.start(target, never);
      return target;
    };
    await body(t, { runtime, make });
  });

it("hardens every container", async (_t, { make }) => {
  const target = await make({ capabilities: ["CHOWN"], network: "own", cpus: 0.5, pids: 99 });
  const found = await engine().getContainer(nameOf(target)).inspect();
  const host = found.HostConfig;
  assert.deepEqual(host.CapDrop, ["ALL"]);
  assert.deepEqual(
    host.CapAdd.map((name: string) => name.replace("CAP_", "")),
    ["CHOWN"],
  );
  assert.deepEqual(host.SecurityOpt, ["no-new-privileges:true"]);
  assert.equal(host.PidsLimit, 99);
  assert.equal(host.Memory, 256 * 1024 * 1024);
  assert.equal(host.MemorySwap, host.Memory);
  assert.equal(host.NanoCpus, 500_000_000);
  assert.equal(host.Init, true);
  assert.equal(host.Privileged, false);
  assert.deepEqual([host.PidMode, host.UTSMode, host.UsernsMode, host.IpcMode], ["", "", "", "private"]);
  assert.equal(host.PublishAllPorts, false);
  assert.deepEqual(host.PortBindings ?? {}, {});
  assert.deepEqual(host.Binds ?? [], []);
  assert.equal(host.NetworkMode, `kn-net-${target.user_id}`);
  assert.ok((host.MaskedPaths ?? []).includes("/proc/kcore"));
});

it("labels with ids only", async (_t, { make }) => {
  const target = await make({ environment: { TOKEN: "canary" } });
  const found = await engine().getContainer(nameOf(target)).inspect();
  const { "knot.instance": instance, ...rest } = found.Config.Labels;
  assert.match(instance ?? "", /[0-9a-f-]{36}$/);
  assert.deepEqual(rest, { "knot.space": target.space_id, "knot.generation": "1", "knot.user": target.user_id });
});

it("connects spaces of one owner and separates owners", async (_t, { runtime, make }) => {
  const one = await make({ network: "own", capabilities: ["NET_RAW"], hostname: "one" });
  const two = await make(
    { network: "own", capabilities: ["NET_RAW"], hostname: "two" },
    someTarget({ user_id: one.user_id }),
  );
  const other = await make({ network: "own", capabilities: ["NET_RAW"], hostname: "other" });
  assert.equal((await run(runtime, two, ["ping", "-c", "1", "-W", "5", "one"])).exit_code, 0);
  const networks = await Promise.all(
    [one, two, other].map(async (target) => {
      const found = await engine().getContainer(nameOf(target)).inspect();
      return Object.values(found.NetworkSettings.Networks)[0];
    }),
  );
  assert.equal(networks[0]?.NetworkID, networks[1]?.NetworkID);
  assert.notEqual(networks[0]?.NetworkID, networks[2]?.NetworkID);
  assert.equal(networks[2]?.IPPrefixLen, 28);
  const address = networks[0]?.IPAddress ?? "";
  assert.notEqual((await run(runtime, other, ["ping", "-c", "1", "-W", "1", address])).exit_code, 0);
});

it("removes an owner's network with the last space, and makes it again when it was pruned", async (_t, {
  runtime,
  make,
}) => {
  const one = await make({ network: "own" });
  const two = await make({ network: "own" }, someTarget({ user_id: one.user_id }));
  const network = engine().getNetwork(`kn-net-${one.user_id}`);
  await runtime.remove(one, never);
  assert.equal((await network.inspect()).Labels?.["knot.user"], one.user_id);
  await runtime.stop(two, 0, never);
  await network.remove();
  await runtime.start(two, never);
  assert.equal((await runtime.inspect(two, never))?.state, "running");
  await runtime.remove(two, never);
  await assert.rejects(network.inspect(), { statusCode: 404 });
});

it("never touches a foreign container, volume or network, even of its own names", async (t, { runtime }) => {
  const target = someTarget();
  const volume = `kn-${target.space_id}-home`;
  const docker = engine();
  const image = await busyboxImage();
  const container = await docker.createContainer({
    name: nameOf(target),
    Image: image,
    Cmd: ["sleep", "1000"],
    HostConfig: { NetworkMode: "none" },
  });
  t.after(() => container.remove({ force: true }));
  await docker.createVolume({ Name: volume });
  t.after(() => docker.getVolume(volume).remove());
  await container.start();
  assert.equal(await runtime.inspect(target, never), null);
  await assert.rejects(runtime.create(target, someSpec({ image }), never), /is not this installation's/);
  await assert.rejects(runtime.start(target, never), { code: "runtime_failed" });
  await runtime.stop(target, 0, never);
  await runtime.remove(target, never);
  await assert.rejects(run(runtime, target, ["true"]), { code: "conflict" });
  await assert.rejects(runtime.removeVolume(volume, never), /is not this installation's/);
  assert.equal((await container.inspect()).State.Running, true);
});

it("runs a command as the user asked for, and refuses one that does not exist", async (_t, { runtime, make }) => {
  const target = await make();
  assert.equal((await run(runtime, target, ["id", "-u"], { user: "dev" })).stdout, "1000\n");
  assert.equal((await run(runtime, target, ["id", "-u"])).stdout, "0\n");
  await assert.rejects(run(runtime, target, ["id"], { user: "stranger" }), { code: "invalid_input" });
});

it("kills commands of a user other than root when they are aborted", async (_t, { runtime, make }) => {
  const target = await make({ user: "dev" });
  const argv = ["sh", "-c", "setsid sleep 4242 & sleep 4242"];
  await assert.rejects(run(runtime, target, argv, { signal: AbortSignal.timeout(300) }), { code: "timed_out" });
  assert.equal((await run(runtime, target, ["sh", "-c", "ps | grep -c '[s]leep 4242'"])).stdout, "0\n");
});

it("kills a command in an image without a shell from outside", async (t, { runtime, make }) => {
  if (process.getuid?.() !== 0) return t.skip("needs root on the engine's machine");
  const image = `knot-test/bare-${randomUUID()}:latest`;
  const program = await readFile(execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim());
  const archive = tarOf([{ path: "busybox", mode: 0o755, content: program }]);
  const [repo, tag] = image.split(":");
  const stream = await engine().importImage(Readable.from([archive]), { repo, tag });
  for await (const _ of stream);
  t.after(() => engine().getImage(image).remove());
  const target = await make({ image, command: ["/busybox", "sleep", "1000000"] });
  t.after(() => runtime.remove(target, never));
  const argv = ["/busybox", "sh", "-c", "/busybox setsid /busybox sleep 4242 & /busybox sleep 4242"];
  await assert.rejects(run(runtime, target, argv, { signal: AbortSignal.timeout(300) }), { code: "timed_out" });
  const processes = await engine().getContainer(nameOf(target)).top();
  assert.ok(!JSON.stringify(processes).includes("4242"));
});

it("gives new volumes to the space's user, and leaves their mode alone later", async (_t, { runtime, make }) => {
  const target = someTarget();
  const volumes = [{ volume: `kn-${target.space_id}-home`, path: "/home/dev", read_only: false }];
  await make({ user: "dev", volumes }, target);
  const who = await run(runtime, target, [
    "sh",
    "-c",
    "touch /home/dev/mine && stat -c %u:%g /home/dev /home/dev/mine",
  ]);
  assert.equal(who.stdout, "1000:1000\n1000:1000\n");
});

it("gives a user that the image does not know its volumes and its working directory", async (_t, { runtime, make }) => {
  for (const [path, working_dir] of [
    ["/home/new", "/home/new"],
    ["/data", "/data/deep/er"],
    ["/data", "/work"],
  ] as const) {
    const target = someTarget();
    const volumes = [{ volume: `kn-${target.space_id}-home`, path, read_only: false }];
    await make({ user: "4321:4322", volumes, working_dir }, target);
    const script = 'touch mine "$1/mine" && stat -c %u:%g . mine "$1" "$1/mine" / /etc';
    const { stdout, stderr } = await run(runtime, target, ["sh", "-c", script, "sh", path]);
    assert.deepEqual([stderr, stdout], ["", `${"4321:4322\n".repeat(4)}${"0:0\n".repeat(2)}`], working_dir);
  }
});

it("leaves a directory of the image to its owner although it is the working directory", async (_t, {
  runtime,
  make,
}) => {
  const target = await make({ user: "4321:4322", working_dir: "/root" });
  assert.equal((await run(runtime, target, ["stat", "-c", "%u %a", "/root"], { cwd: "/" })).stdout, "0 700\n");
});

it("gives volumes of a container that was made before a crash", async (_t, { runtime }) => {
  const target = someTarget();
  const volumes = [{ volume: `kn-${target.space_id}-home`, path: "/data", read_only: false }];
  const spec = someSpec({ image: await busyboxImage(), user: "1000:1000", volumes });
  await runtime.create(target, spec, never);
  const next = openDockerRuntime({
    socket: dockerSocket(),
    name: "docker",
    instance_id: (await engine().getContainer(nameOf(target)).inspect()).Config.Labels["knot.instance"] ?? "",
  });
  await next.start(target, never);
  assert.equal((await run(next, target, ["touch", "/data/mine"])).exit_code, 0);
});

it("keeps a space alive whose image only has a shell as its command", async (_t, { runtime, make }) => {
  const target = await make({ command: null });
  assert.equal((await run(runtime, target, ["echo", "alive"])).stdout, "alive\n");
});

it("says which image is missing when a container cannot be created", async (_t, { runtime }) => {
  const spec = someSpec({ image: "knot-test/missing:1" });
  await assert.rejects(runtime.create(someTarget(), spec, never), {
    code: "runtime_failed",
    message: /knot-test\/missing:1/,
  });
});

it("names the registry, the cause and what to do when a pull fails", async (t, { runtime }) => {
  const server = createServer((_request, answer) => answer.writeHead(404).end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const registry = `127.0.0.1:${(server.address() as { port: number }).port}`;
  await assert.rejects(
    runtime.pull(`${registry}/team/tools:3`, never, () => {}),
    (thrown) => {
      assert.ok(thrown instanceof Problem);
      assert.equal(thrown.code, "runtime_failed");
      assert.match(thrown.message, new RegExp(registry));
      assert.match(thrown.message, /docker images/);
      return true;
    },
  );
});

it("asks no registry for an image that is there", async (_t, { runtime }) => {
  const reports: Progress[] = [];
  await runtime.pull(await busyboxImage(), never, (progress) => reports.push(progress));
  assert.deepEqual(reports, []);
});

test("docker says where it looked and what to do when there is no engine", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "knot-none-"));
  t.after(() => rm(directory, { recursive: true }));
  const socket = join(directory, "none.sock");
  const runtime = openDockerRuntime({ socket, name: "docker", instance_id: "i" });
  const told = { code: "runtime_unavailable", message: new RegExp(`${socket}.*Install and start`) };
  await assert.rejects(runtime.check(never), told);
  await assert.rejects(runtime.list(never), told);
  await assert.rejects(run(runtime, someTarget(), ["true"]), told);
});

test("docker gives up on an engine that never answers", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "knot-deaf-"));
  const socket = join(directory, "deaf.sock");
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });
  const runtime = openDockerRuntime({ socket, name: "docker", instance_id: "i" });
  await assert.rejects(runtime.check(never), { code: "runtime_unavailable", message: /did not answer in time/ });
  await assert.rejects(runtime.list(AbortSignal.timeout(50)), { code: "timed_out" });
});

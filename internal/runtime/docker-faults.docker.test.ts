import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import Docker from "dockerode";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { openDockerRuntime } from "./docker.ts";

const never = new AbortController().signal;

/** What happens to the next request whose first line matches. */
type Fault = { readonly request: RegExp; readonly kind: "lose the answer" | "never answer" };

/** An engine behind a proxy that can fail. */
async function faultyEngine(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "knot-faulty-"));
  const socket = join(directory, "engine.sock");
  const sockets = new Set<Socket>();
  const faults: Fault[] = [];
  const server = createServer((client) => {
    const engine = connect(dockerSocket());
    let fault: Fault | undefined;
    for (const each of [client, engine]) {
      sockets.add(each);
      each.on("error", () => {});
    }
    client.on("data", (bytes) => {
      fault ??= faults.find(({ request }) => request.test(bytes.toString("latin1").split("\r\n")[0] ?? ""));
      if (fault !== undefined) faults.splice(faults.indexOf(fault), 1);
      if (fault?.kind !== "never answer") engine.write(bytes);
    });
    engine.on("data", (bytes) => (fault === undefined ? client.write(bytes) : client.destroy()));
    client.on("end", () => engine.end());
    engine.on("end", () => client.end());
    client.on("close", () => engine.destroy());
    engine.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const instance_id = testInstance();
  const runtime = openDockerRuntime({ socket, name: "docker", instance_id });
  const die = () => {
    server.close();
    for (const each of sockets) each.destroy();
  };
  t.after(async () => {
    die();
    const direct = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id });
    for (const found of await direct.list(never)) await direct.remove({ ...found, user_id: "" }, never);
    await rm(directory, { recursive: true, force: true });
  });
  return { runtime, faults, die, instance_id };
}

const engine = () => new Docker({ socketPath: dockerSocket(), host: undefined } as unknown as Docker.DockerOptions);

test(
  "docker has one container when the answer to a create is lost and it is tried again",
  needs("docker"),
  async (t) => {
    const { runtime, faults, instance_id } = await faultyEngine(t);
    const target = someTarget();
    const spec = someSpec({ image: await busyboxImage() });
    faults.push({ request: /^POST .*\/containers\/create/, kind: "lose the answer" });
    await assert.rejects(runtime.create(target, spec, never), { code: "runtime_unavailable" });
    await runtime.create(target, spec, never);
    const filters = { label: [`knot.instance=${instance_id}`] };
    assert.equal((await engine().listContainers({ all: true, filters })).length, 1);
  },
);

test("docker starts and removes once when answers are lost", needs("docker"), async (t) => {
  const { runtime, faults } = await faultyEngine(t);
  const target = someTarget();
  await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  faults.push({ request: /^POST .*\/start/, kind: "lose the answer" });
  await assert.rejects(runtime.start(target, never), { code: "runtime_unavailable" });
  await runtime.start(target, never);
  assert.equal((await runtime.inspect(target, never))?.state, "running");
  faults.push({ request: /^DELETE .*\/containers/, kind: "lose the answer" });
  await assert.rejects(runtime.remove(target, never), { code: "runtime_unavailable" });
  await runtime.remove(target, never);
  assert.equal(await runtime.inspect(target, never), null);
});

test("docker lets go of an engine that hangs when the caller gives up", needs("docker"), async (t) => {
  const { runtime, faults } = await faultyEngine(t);
  const target = someTarget();
  await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  await runtime.start(target, never);
  for (const request of [/^POST .*\/exec \S+$/, /^POST .*\/exec\/.*\/start/]) {
    faults.push({ request, kind: "never answer" });
    const signal = AbortSignal.timeout(300);
    await assert.rejects(run(runtime, target, ["true"], { signal }), { code: "timed_out" });
  }
  assert.equal((await run(runtime, target, ["echo", "well"])).stdout, "well\n");
});

test("docker lists the others when one container cannot be described", needs("docker"), async (t) => {
  const { runtime, faults } = await faultyEngine(t);
  const [one, two] = [someTarget(), someTarget()];
  for (const target of [one, two]) await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  faults.push({ request: /^GET .*\/containers\/[0-9a-f]{64}\/json/, kind: "lose the answer" });
  const found = await runtime.list(never);
  assert.deepEqual(new Set(found.map((each) => each.space_id)), new Set([one.space_id, two.space_id]));
});

test("docker says the engine went away when it does so under a running command", needs("docker"), async (t) => {
  const { runtime, die } = await faultyEngine(t);
  const target = someTarget();
  await runtime.create(target, someSpec({ image: await busyboxImage() }), never);
  await runtime.start(target, never);
  const stdout = new PassThrough();
  stdout.once("data", die);
  const running = run(runtime, target, ["sh", "-c", "echo up; sleep 1000"], { stdout });
  await assert.rejects(running, { code: "runtime_unavailable" });
});

test("docker keeps an owner's network through creates and removes at once", needs("docker"), async (t) => {
  const { runtime } = await faultyEngine(t);
  const user_id = randomUUID();
  const image = await busyboxImage();
  const one = async () => {
    const target = someTarget({ user_id });
    await runtime.create(target, someSpec({ image, network: "own" }), never);
    await runtime.start(target, never);
    await runtime.remove(target, never);
  };
  await Promise.all([one(), one(), one(), one()]);
  await assert.rejects(engine().getNetwork(`kn-net-${user_id}`).inspect(), { statusCode: 404 });
});

test("docker removes the network that a crash has left of an owner, and no other", needs("docker"), async (t) => {
  const { runtime, instance_id } = await faultyEngine(t);
  const other = openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: testInstance() });
  const spec = someSpec({ image: await busyboxImage(), network: "own" });
  const [left, used, foreign] = [someTarget(), someTarget(), someTarget()];
  t.after(() => other.remove(foreign, never));
  for (const target of [left, used]) await runtime.create(target, spec, never);
  await other.create(foreign, spec, never);
  for (const { space_id } of [left, foreign]) await engine().getContainer(`kn-${space_id}-1`).remove({ force: true });
  await runtime.removeUnused(never);
  const filters = { label: ["knot.instance"] };
  const names = (await engine().listNetworks({ filters })).map(({ Name }) => Name);
  const there = [left, used, foreign].map(({ user_id }) => names.includes(`kn-net-${user_id}`));
  assert.deepEqual(there, [false, true, true], instance_id);
});

test("docker removes no network while a container is made for it", needs("docker"), async (t) => {
  const { runtime } = await faultyEngine(t);
  const spec = someSpec({ image: await busyboxImage(), network: "own" });
  let going = true;
  const sweeping = (async () => {
    while (going) await runtime.removeUnused(never);
  })();
  for (let round = 0; round < 4; round++) {
    const targets = [someTarget(), someTarget()];
    await Promise.all(targets.map((target) => runtime.create(target, spec, never)));
    await Promise.all(targets.map((target) => runtime.start(target, never)));
    for (const target of targets) assert.equal((await runtime.inspect(target, never))?.state, "running");
    await Promise.all(targets.map((target) => runtime.remove(target, never)));
  }
  going = false;
  await sweeping;
});

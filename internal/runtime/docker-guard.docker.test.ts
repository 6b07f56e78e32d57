import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { type TestContext, test } from "node:test";
import { busyboxImage } from "../testkit/images.ts";
import { testInstance } from "../testkit/instance.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { openDockerRuntime } from "./docker.ts";

const never = new AbortController().signal;
const chains = ["DOCKER-USER", "INPUT"];
const rulesOf = (chain: string): string[] =>
  execFileSync("iptables", ["-w", "5", "-S", chain], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes("--comment knot "));

/** A runtime that guards the host, and removes the rules in the end unless the machine had them before. */
async function guarded(t: TestContext) {
  const before = chains.map(rulesOf);
  const warnings: string[] = [];
  const runtime = openDockerRuntime({
    socket: dockerSocket(),
    name: "docker",
    instance_id: testInstance(),
    guard_host: (warning) => warnings.push(warning),
  });
  t.after(async () => {
    for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
    for (const [index, chain] of chains.entries()) {
      const added = rulesOf(chain).filter((rule) => !before[index]?.includes(rule));
      for (const rule of added) execFileSync("iptables", ["-w", "5", "-D", ...rule.split(/\s+/).slice(1)]);
    }
  });
  const image = await busyboxImage();
  const make = async (hostname: string, user_id?: string) => {
    const target = someTarget(user_id === undefined ? {} : { user_id });
    const command = ["sh", "-c", "while true; do echo here | nc -l -p 4000; done"];
    await runtime.create(target, someSpec({ image, network: "own", hostname, command }), never);
    await runtime.start(target, never);
    return target;
  };
  return { runtime, make, warnings };
}

/** A port of every address of this machine. */
async function listen(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => {}).end("host\n"));
  t.after(() => server.close());
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function answers(host: string, port: number): Promise<void> {
  const socket = connect(port, host);
  await once(socket, "connect");
  socket.destroy();
}

const docker = needs("docker");
const skip = docker.skip || (process.getuid?.() === 0 ? false : "needs root");

test("docker keeps spaces from every address of the host", { skip }, async (t) => {
  const { runtime, make, warnings } = await guarded(t);
  const port = await listen(t);
  const space = await make("one");
  const route = await run(runtime, space, ["sh", "-c", "ip route | awk '/default/ { print $3 }'"]);
  const gateway = route.stdout.trim();
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const outside = addresses.find(
    ({ family, internal, address }) => family === "IPv4" && !internal && address !== gateway,
  );
  for (const host of [gateway, outside?.address ?? gateway]) {
    await answers(host, port);
    const tried = await run(runtime, space, ["nc", "-w", "2", host, String(port)]);
    assert.notEqual(tried.exit_code, 0, `${host} answered ${tried.stdout}`);
  }
  assert.deepEqual(warnings, []);
});

test("docker refuses spaces the metadata range", { skip }, async (t) => {
  const { runtime, make } = await guarded(t);
  const space = await make("one");
  const tried = await run(runtime, space, ["nc", "-w", "5", "169.254.169.254", "80"]);
  assert.match(tried.stderr, /refused/i);
});

test("docker lets guarded spaces of one owner find and reach each other by name", { skip }, async (t) => {
  const { runtime, make } = await guarded(t);
  const one = await make("one");
  const two = await make("two", one.user_id);
  for (const [from, to] of [[one, "two"] as const, [two, "one"] as const]) {
    const tried = await run(runtime, from, ["sh", "-c", `nc -w 5 ${to} 4000 </dev/null`]);
    assert.equal(tried.stdout, "here\n", tried.stderr);
  }
});

test("docker sets its rules at the first check, and only once", { skip }, async (t) => {
  const { runtime, make } = await guarded(t);
  await runtime.check(never);
  assert.deepEqual(
    chains.map((chain) => rulesOf(chain).length),
    [1, 1],
  );
  await runtime.check(never);
  await make("one");
  assert.deepEqual(
    chains.map((chain) => rulesOf(chain).length),
    [1, 1],
  );
});

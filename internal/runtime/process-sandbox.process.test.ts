import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime, SpaceSpec, Target } from "../space/runtime.ts";
import { needs } from "../testkit/needs.ts";
import { run, someSpec, someTarget } from "./contract.ts";
import { hostImage, openProcessRuntime } from "./process.ts";

const never = new AbortController().signal;

type World = {
  readonly directory: string;
  readonly instanceId: string;
  readonly runtime: Runtime;
  readonly make: (spec?: Partial<SpaceSpec>, target?: Target) => Promise<Target>;
};

const it = (name: string, body: (t: TestContext, world: World) => Promise<void>) =>
  test(`sandbox ${name}`, needs("process"), async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "knot-sandbox-"));
    const instanceId = randomUUID();
    const runtime = openProcessRuntime({ directory, instance_id: instanceId, isolation: "sandbox" });
    t.after(async () => {
      for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
      await rm(directory, { recursive: true, force: true });
    });
    const make: World["make"] = async (spec = {}, target = someTarget()) => {
      await runtime.create(target, someSpec({ image: hostImage, ...spec }), never);
      await runtime.start(target, never);
      return target;
    };
    await body(t, { directory, instanceId, runtime, make });
  });

const shell = async (runtime: Runtime, target: Target, script: string) =>
  (await run(runtime, target, ["sh", "-c", script])).stdout.trim();

const spaceFolder = (directory: string, target: Target) =>
  join(directory, "spaces", `kn-${target.space_id}-${target.generation}`);

it("cannot see the machine's files or other spaces", async (_t, { directory, runtime, make }) => {
  await writeFile(join(directory, "secret"), "canary");
  const target = await make();
  const other = await make();
  const seen = (path: string) => shell(runtime, target, `ls -a '${path}' 2>&1 || true`);
  for (const path of [
    join(directory, "secret"),
    spaceFolder(directory, other),
    "/etc/shadow",
    "/root",
    process.cwd(),
  ]) {
    assert.match(await seen(path), /No such file|cannot access|Permission denied/);
  }
  assert.equal(await seen("/home"), ".\n..\ndev");
});

it("is made while others are made and the runtime is checked", async (_t, { runtime }) => {
  const targets = Array.from({ length: 40 }, () => someTarget());
  await Promise.all(
    targets.map(async (target) => {
      await runtime.create(target, someSpec({ image: hostImage }), never);
      await runtime.check(never);
    }),
  );
  assert.equal((await runtime.list(never)).length, targets.length);
});

it("sees only its own processes", async (_t, { runtime, make }) => {
  const target = await make();
  const commands = await shell(runtime, target, "cat /proc/[0-9]*/comm | sort -u");
  assert.ok(!commands.includes("node"), commands);
  assert.ok(commands.includes("sleep"));
});

it("has no capabilities, no way to new ones, and is not this machine's root", async (_t, { runtime, make }) => {
  const target = await make();
  const status = await shell(runtime, target, "grep -hE 'CapEff|CapPrm|NoNewPrivs' /proc/self/status /proc/2/status");
  assert.deepEqual(new Set(status.split("\n").map((line) => Number(`0x${line.split("\t")[1]}`))), new Set([0, 1]));
  assert.notEqual(await shell(runtime, target, "id -u"), "0");
  assert.equal(await shell(runtime, target, "touch /usr/x 2>/dev/null; echo $?"), "1");
});

it("runs spaces as different users of this machine", async (_t, { runtime, make }) => {
  if (process.getuid?.() !== 0) return;
  const [one, two] = [await make(), await make()];
  assert.notEqual(await shell(runtime, one, "id -u"), await shell(runtime, two, "id -u"));
});

it("has only the loopback when it has no network", async (_t, { runtime, make }) => {
  const target = await make({ network: "none" });
  assert.equal(await shell(runtime, target, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"), "lo");
});

it("outlives the daemon, and is found by the next one", async (_t, { directory, instanceId, runtime }) => {
  const target = someTarget();
  const script = `
    import { openProcessRuntime } from ${JSON.stringify(new URL("process.ts", import.meta.url).href)};
    const [options, target, spec] = JSON.parse(process.argv[1]);
    const runtime = openProcessRuntime(options);
    const signal = new AbortController().signal;
    await runtime.create(target, spec, signal);
    await runtime.start(target, signal);
    process.kill(process.pid, "SIGKILL");`;
  const options = { directory, instance_id: instanceId, isolation: "sandbox" };
  const input = JSON.stringify([options, target, someSpec({ image: hostImage })]);
  assert.throws(() => execFileSync(process.execPath, ["--input-type=module-typescript", "-e", script, input]));
  assert.equal((await runtime.inspect(target, never))?.state, "running");
  assert.equal(await shell(runtime, target, "echo found"), "found");
  await runtime.stop(target, 0, never);
  assert.equal((await runtime.inspect(target, never))?.state, "exited");
});

it("does not take another process for its own when the number was given away", async (t, {
  directory,
  runtime,
  make,
}) => {
  const target = await make();
  await runtime.stop(target, 0, never);
  const bystander = spawn("sleep", ["1000"], { stdio: "ignore" });
  t.after(() => bystander.kill("SIGKILL"));
  await writeFile(join(spaceFolder(directory, target), "status"), `{ "child-pid": ${bystander.pid} }\n`);
  assert.equal((await runtime.inspect(target, never))?.state, "exited");
  await assert.rejects(run(runtime, target, ["true"]), { code: "conflict" });
  await runtime.remove(target, never);
  assert.equal(bystander.exitCode ?? bystander.signalCode, null);
});

it("leaves nothing behind when it is stopped", async (_t, { runtime, make }) => {
  const target = await make();
  const left = `left-${randomUUID()}`;
  await run(runtime, target, ["sh", "-c", `setsid sh -c 'sleep 1000; : ${left}' >/dev/null 2>&1 & sleep 0.1`]);
  await runtime.stop(target, 0, never);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  assert.deepEqual(
    commands.filter((command) => command.includes(left)),
    [],
  );
});

it("lets the main process end by itself when it is asked to stop", async (_t, { runtime, make }) => {
  const command = ["sh", "-c", "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done"];
  const target = await make({ command });
  while (!(await runtime.logs(target, 5, never)).includes("ready")) await sleep(20);
  await runtime.stop(target, 20, never);
  const found = await runtime.inspect(target, never);
  assert.deepEqual({ code: found?.exit_code, log: await runtime.logs(target, 1, never) }, { code: 9, log: "bye\n" });
});

it("shows its environment in no command line", async (_t, { runtime, make }) => {
  const canary = `canary-${randomUUID()}`;
  const target = await make({ environment: { TOKEN: canary } });
  const running = run(runtime, target, ["sh", "-c", `test -n "$TOKEN" && sleep 0.5`], {
    environment: { MORE: canary },
  });
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  assert.deepEqual(
    commands.filter((command) => command.includes(canary)),
    [],
  );
  assert.equal((await running).exit_code, 0);
});

it("does not follow a link in the space when it mounts a volume there", async (_t, { directory, runtime }) => {
  const target = someTarget();
  const volumes = [{ volume: `kn-${target.space_id}-cache`, path: "/home/dev/cache/deep", read_only: false }];
  await runtime.create(target, someSpec({ image: hostImage, volumes }), never);
  await symlink(tmpdir(), join(spaceFolder(directory, target), "home", "cache"));
  await assert.rejects(runtime.start(target, never), {
    code: "runtime_failed",
    message: /\/home\/dev\/cache is not a directory/,
  });
});

it("refuses privileges, other users and other images", async (_t, { runtime, make }) => {
  const target = await make();
  await assert.rejects(run(runtime, target, ["id"], { user: "root" }), { code: "invalid_input" });
  await assert.rejects(
    runtime.pull("debian:12", never, () => {}),
    { code: "runtime_failed", message: /"host"/ },
  );
  for (const asked of [{ privileged: true }, { capabilities: ["NET_ADMIN"] }]) {
    await assert.rejects(runtime.create(someTarget(), someSpec({ image: hostImage, ...asked }), never), {
      code: "runtime_failed",
    });
  }
});

test("plain processes are labelled as such, and refused to root", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "knot-plain-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const runtime = openProcessRuntime({ directory, instance_id: "i", isolation: "plain" });
  assert.equal(runtime.isolation, "plain process (no isolation)");
  if (process.getuid?.() === 0) await assert.rejects(runtime.check(never), { message: /not run as root/ });
});

test("the process runtime says which command installs bubblewrap", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "knot-bare-"));
  const path = process.env["PATH"];
  t.after(async () => {
    process.env["PATH"] = path;
    await rm(directory, { recursive: true, force: true });
  });
  process.env["PATH"] = directory;
  const runtime = openProcessRuntime({ directory, instance_id: "i", isolation: "sandbox" });
  await assert.rejects(runtime.check(never), { code: "runtime_unavailable", message: /apt-get install bubblewrap/ });
});

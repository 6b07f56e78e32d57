import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { PassThrough, Readable, Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../problem/problem.ts";
import type { ExecRequest, Exit, Runtime, SpaceSpec, Target } from "../space/runtime.ts";
import { testInstance } from "../testkit/instance.ts";

/** How the contract gets at one kind of runtime. */
export type RuntimeFixture = {
  readonly name: string;
  /** Options of every test: skips where the machine lacks what the runtime needs. */
  readonly needs: { skip: string | false };
  /** A runtime of the installation `instanceId`; opened again with the same id it has to find what was made. */
  open(t: TestContext, instanceId: string): Promise<Runtime>;
  /** An image the runtime accepts, with a POSIX shell and the usual programs. */
  image(): Promise<string>;
};

const never = new AbortController().signal;

/** A container of its own; nothing else has these ids. */
export const someTarget = (overrides: Partial<Target> = {}): Target => ({
  space_id: randomUUID(),
  generation: 1,
  user_id: randomUUID(),
  ...overrides,
});

/** A small space that sleeps, without a network. */
export const someSpec = (overrides: Partial<SpaceSpec> = {}): SpaceSpec => ({
  image: "",
  command: ["sleep", "1000000"],
  environment: { GREETING: "hello" },
  ports: [],
  volumes: [],
  host_mounts: [],
  memory_bytes: 256 * 1024 * 1024,
  cpus: 1,
  pids: 128,
  capabilities: [],
  privileged: false,
  network: "none",
  user: null,
  working_dir: null,
  hostname: "box",
  health: null,
  ...overrides,
});

/** Runs a command and keeps what it printed. */
export async function run(
  runtime: Runtime,
  target: Target,
  argv: readonly string[],
  rest: Partial<ExecRequest> & { readonly signal?: AbortSignal } = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const output = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _encoding, done) {
        output[name] += String(chunk);
        done();
      },
    });
  const { signal = never, ...request } = rest;
  const exit = await runtime.exec(target, { argv, stdout: into("stdout"), stderr: into("stderr"), ...request }, signal);
  return { ...exit, ...output };
}

/** Registers what every runtime promises, as tests of `fixture`. */
export function runtimeContract(fixture: RuntimeFixture): void {
  const it = (name: string, body: (t: TestContext, runtime: Runtime, instanceId: string) => Promise<void>) =>
    test(`${fixture.name} ${name}`, fixture.needs, async (t) => {
      const instanceId = testInstance();
      const runtime = await fixture.open(t, instanceId);
      t.after(() => clear(runtime));
      await body(t, runtime, instanceId);
    });
  const started = async (runtime: Runtime, overrides: Partial<SpaceSpec> = {}): Promise<Target> => {
    const target = someTarget();
    await runtime.create(target, someSpec({ image: await fixture.image(), ...overrides }), never);
    await runtime.start(target, never);
    return target;
  };
  registerLifecycle(it, fixture);
  registerCommands(it, started);
  registerEndings(it, started, fixture);
}

type It = (name: string, body: (t: TestContext, runtime: Runtime, instanceId: string) => Promise<void>) => void;
type Started = (runtime: Runtime, overrides?: Partial<SpaceSpec>) => Promise<Target>;

async function clear(runtime: Runtime): Promise<void> {
  for (const found of await runtime.list(never)) await runtime.remove({ ...found, user_id: "" }, never);
  for (const { volume } of await runtime.listVolumes(never)) await runtime.removeVolume(volume, never);
}

function registerLifecycle(it: It, fixture: RuntimeFixture): void {
  it("answers who it is", async (_t, runtime) => {
    const found = await runtime.check(never);
    assert.match(found.version, /\d/);
    assert.notEqual(found.engine, "");
  });

  it("does every step of a life twice without harm", async (_t, runtime) => {
    const target = someTarget();
    const spec = someSpec({ image: await fixture.image() });
    const state = async () => (await runtime.inspect(target, never))?.state ?? null;
    assert.equal(await state(), null);
    for (let time = 0; time < 2; time++) await runtime.pull(spec.image, never, () => {});
    for (let time = 0; time < 2; time++) await runtime.create(target, spec, never);
    assert.equal(await state(), "created");
    for (let time = 0; time < 2; time++) await runtime.start(target, never);
    assert.equal(await state(), "running");
    for (let time = 0; time < 2; time++) await runtime.stop(target, 0, never);
    assert.equal(await state(), "exited");
    await runtime.start(target, never);
    assert.equal(await state(), "running");
    for (let time = 0; time < 2; time++) await runtime.remove(target, never);
    assert.equal(await state(), null);
    await runtime.stop(target, 0, never);
  });

  it("makes one container of two creates at once", async (_t, runtime) => {
    const target = someTarget();
    const spec = someSpec({ image: await fixture.image(), network: fixture.name === "docker" ? "own" : "none" });
    await Promise.all([runtime.create(target, spec, never), runtime.create(target, spec, never)]);
    assert.equal((await runtime.list(never)).length, 1);
    await runtime.remove(target, never);
  });

  it("finds running spaces again when it is opened anew", async (t, runtime, instanceId) => {
    const target = someTarget();
    await runtime.create(target, someSpec({ image: await fixture.image() }), never);
    await runtime.start(target, never);
    const again = await fixture.open(t, instanceId);
    await again.create(target, someSpec({ image: await fixture.image() }), never);
    const [found] = await again.list(never);
    assert.deepEqual({ id: found?.space_id, state: found?.state }, { id: target.space_id, state: "running" });
    assert.equal((await run(again, target, ["echo", "there"])).stdout, "there\n");
  });

  it("lists and touches only what carries its own id", async (t, runtime) => {
    const other = await fixture.open(t, testInstance());
    t.after(() => clear(other));
    const target = someTarget();
    const volumes = [{ volume: `kn-${target.space_id}-home`, path: "/srv/kept", read_only: false }];
    await other.create(target, someSpec({ image: await fixture.image(), volumes }), never);
    await other.start(target, never);
    assert.deepEqual(await runtime.list(never), []);
    assert.deepEqual(await runtime.listVolumes(never), []);
    assert.equal(await runtime.inspect(target, never), null);
    await runtime.stop(target, 0, never);
    await runtime.remove(target, never);
    assert.equal((await other.inspect(target, never))?.state, "running");
  });

  it("keeps a volume when its space is removed and made again", async (_t, runtime) => {
    const target = someTarget();
    const volume = `kn-${target.space_id}-home`;
    const volumes = [{ volume, path: "/srv/kept", read_only: false }];
    const spec = someSpec({ image: await fixture.image(), volumes });
    await runtime.create(target, spec, never);
    await runtime.start(target, never);
    await run(runtime, target, [
      "sh",
      "-c",
      "echo treasure > /srv/kept/file; head -c 3000000 /dev/zero > /srv/kept/more",
    ]);
    assert.ok(((await runtime.volumeSizes(never)).get(volume) ?? 0) >= 3_000_000);
    await runtime.remove(target, never);
    assert.deepEqual(await runtime.listVolumes(never), [{ volume, space_id: target.space_id }]);
    const next = { ...target, generation: 2 };
    await runtime.create(next, spec, never);
    await runtime.start(next, never);
    assert.equal((await run(runtime, next, ["cat", "/srv/kept/file"])).stdout, "treasure\n");
    await runtime.remove(next, never);
    for (let time = 0; time < 2; time++) await runtime.removeVolume(volume, never);
    assert.deepEqual(await runtime.listVolumes(never), []);
  });

  it("tells with which code the main process ended, and what it printed", async (_t, runtime) => {
    const target = someTarget();
    const command = ["sh", "-c", "echo oops >&2; for n in 1 2 3; do echo line $n; done; exit 7"];
    await runtime.create(target, someSpec({ image: await fixture.image(), command }), never);
    await runtime.start(target, never);
    let found = await runtime.inspect(target, never);
    for (let tries = 0; found?.state === "running" && tries < 200; tries++) {
      await sleep(25);
      found = await runtime.inspect(target, never);
    }
    assert.deepEqual({ state: found?.state, code: found?.exit_code }, { state: "exited", code: 7 });
    const log = await runtime.logs(target, 10, never);
    assert.match(log, /line 1\n(oops\n)?line 2\n(oops\n)?line 3\n/);
    assert.match(log, /oops/);
    assert.equal((await runtime.logs(target, 1, never)).trim().split("\n").length, 1);
  });
}

function registerCommands(it: It, started: Started): void {
  it("returns exit codes and keeps the two outputs apart", async (_t, runtime) => {
    const target = await started(runtime);
    const found = await run(runtime, target, ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    assert.deepEqual(found, { exit_code: 3, signal: null, stdout: "out\n", stderr: "err\n" });
  });

  it("names the signal that ended a command", async (_t, runtime) => {
    const target = await started(runtime);
    const found = await run(runtime, target, ["sh", "-c", "kill -9 $$"]);
    assert.deepEqual({ code: found.exit_code, signal: found.signal }, { code: null, signal: "SIGKILL" });
  });

  it("passes arguments on without a shell", async (_t, runtime) => {
    const target = await started(runtime);
    const found = await run(runtime, target, ["echo", "$HOME;", "`id`", "a b", "'"]);
    assert.equal(found.stdout, "$HOME; `id` a b '\n");
  });

  it("feeds standard input and ends it", async (_t, runtime) => {
    const target = await started(runtime);
    const bytes = new TextEncoder().encode("from a buffer");
    assert.equal((await run(runtime, target, ["cat"], { stdin: bytes })).stdout, "from a buffer");
    const found = await run(runtime, target, ["wc", "-c"], { stdin: Readable.from(pieces(8)) });
    assert.equal(Number(found.stdout), 8 * 65536);
    assert.equal((await run(runtime, target, ["cat"])).stdout, "");
  });

  it("does not mind a command that leaves its input unread", async (_t, runtime) => {
    const target = await started(runtime);
    const endless = new PassThrough();
    endless.write("x".repeat(100_000));
    assert.equal((await run(runtime, target, ["true"], { stdin: endless })).exit_code, 0);
  });

  it("honours directory and environment", async (_t, runtime) => {
    const target = await started(runtime);
    assert.equal((await run(runtime, target, ["pwd"], { cwd: "/home/../etc" })).stdout, "/etc\n");
    const environment = { COLOUR: "a=b c", EMPTY: "" };
    const found = await run(runtime, target, ["sh", "-c", 'echo "$GREETING|$COLOUR|$EMPTY"'], { environment });
    assert.equal(found.stdout, "hello|a=b c|\n");
  });

  it("refuses a directory that is not there", async (_t, runtime) => {
    const target = await started(runtime);
    await assert.rejects(run(runtime, target, ["pwd"], { cwd: "/not/there" }), (thrown) => {
      assert.ok(thrown instanceof Problem);
      assert.equal(thrown.code, "invalid_input");
      assert.match(thrown.message, /\/not\/there/);
      return true;
    });
  });

  it("says 127 for a program that is not there and 126 for one that may not run", async (_t, runtime) => {
    const target = await started(runtime);
    const missing = await run(runtime, target, ["no-such-program"]);
    assert.deepEqual({ code: missing.exit_code, out: missing.stdout }, { code: 127, out: "" });
    assert.match(missing.stderr, /no-such-program.*not found/);
    const refused = await run(runtime, target, ["/etc/passwd"]);
    assert.deepEqual({ code: refused.exit_code, out: refused.stdout }, { code: 126, out: "" });
  });

  it("carries 50 MB through standard output without losing a byte", async (_t, runtime) => {
    const target = await started(runtime);
    let count = 0;
    const stdout = new Writable({
      highWaterMark: 1024,
      write(chunk: Buffer, _encoding, done) {
        count += chunk.length;
        setImmediate(done);
      },
    });
    const found = await run(runtime, target, ["head", "-c", "50000000", "/dev/zero"], { stdout });
    assert.deepEqual({ count, code: found.exit_code }, { count: 50_000_000, code: 0 });
  });

  it("refuses to run a command in a space that is not running", async (_t, runtime) => {
    const target = await started(runtime);
    await runtime.stop(target, 0, never);
    await assert.rejects(run(runtime, target, ["true"]), { code: "conflict" });
    await assert.rejects(run(runtime, someTarget(), ["true"]), { code: "conflict" });
  });
}

function* pieces(count: number): Generator<Buffer> {
  for (let piece = 0; piece < count; piece++) yield Buffer.alloc(65536, piece);
}

/** Processes of the space whose command line contains `text`. */
async function alive(runtime: Runtime, target: Target, text: string): Promise<number> {
  const script = 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " <$f 2>/dev/null; echo; done | grep -c "^sleep $0"';
  return Number((await run(runtime, target, ["sh", "-c", script, text])).stdout);
}

function registerEndings(it: It, started: Started, fixture: RuntimeFixture): void {
  const scripts = {
    "a child": "sleep 4242 & sleep 4242",
    "a grandchild in a session of its own": "setsid sh -c 'sleep 4242 & sleep 4242' & sleep 4242",
    "children without an environment": "env -i sleep 4242 & exec env -i sh -c 'sleep 4242 & sleep 4242'",
    "children that ignore SIGTERM": "trap '' TERM HUP; sleep 4242 & sleep 4242; sleep 4242",
  };
  for (const [what, script] of Object.entries(scripts)) {
    it(`kills ${what} when a command is aborted`, async (_t, runtime) => {
      const target = await started(runtime);
      const abort = new AbortController();
      const stdout = new PassThrough();
      stdout.once("data", () => abort.abort());
      const running = run(runtime, target, ["sh", "-c", `echo up; ${script}`], { stdout, signal: abort.signal });
      await assert.rejects(running, { code: "cancelled" });
      assert.equal(await alive(runtime, target, "4242"), 0);
      assert.equal((await runtime.inspect(target, never))?.state, "running");
    });
  }

  it("leaves other commands alone when one is aborted", async (_t, runtime) => {
    const target = await started(runtime);
    const other = new PassThrough();
    const bystander = new AbortController();
    const staying = run(runtime, target, ["sh", "-c", "echo up; sleep 4343"], {
      stdout: other,
      signal: bystander.signal,
    });
    await new Promise((resolve) => other.once("data", resolve));
    await assert.rejects(run(runtime, target, ["sleep", "4242"], { signal: AbortSignal.timeout(300) }), {
      code: "timed_out",
    });
    assert.equal(await alive(runtime, target, "4242"), 0);
    assert.equal(await alive(runtime, target, "4343"), 1);
    bystander.abort();
    await assert.rejects(staying, { code: "cancelled" });
  });

  it("ends what an earlier daemon ran, and not what that had left in the background", async (t, runtime, instanceId) => {
    const target = await started(runtime);
    await run(runtime, target, ["sh", "-c", "setsid sleep 4343 >/dev/null 2>&1 & sleep 4444 >/dev/null 2>&1 &"]);
    const stdout = new PassThrough();
    const left = run(runtime, target, ["sh", "-c", "echo up; setsid sleep 4242 & sleep 4242"], { stdout });
    await new Promise((resolve) => stdout.once("data", resolve));
    const next = await fixture.open(t, instanceId);
    const own = new PassThrough();
    const abort = new AbortController();
    const staying = run(next, target, ["sh", "-c", "echo up; sleep 4545"], { stdout: own, signal: abort.signal });
    await new Promise((resolve) => own.once("data", resolve));
    for (let time = 0; time < 2; time++) await next.endStrays(target, never);
    const counts = await Promise.all(["4242", "4343", "4444", "4545"].map((text) => alive(next, target, text)));
    assert.deepEqual(counts, [0, 1, 1, 1]);
    assert.equal((await left).signal, "SIGKILL");
    abort.abort();
    await assert.rejects(staying, { code: "cancelled" });
    await next.endStrays(someTarget(), never);
  });

  it("stops a command whose reader never reads", async (_t, runtime) => {
    const target = await started(runtime);
    const abort = AbortSignal.timeout(500);
    const stdout = new Writable({ highWaterMark: 1, write: () => {} });
    await assert.rejects(run(runtime, target, ["yes"], { stdout, signal: abort }), { code: "timed_out" });
  });

  it("does nothing for a signal that is aborted already", async (_t, runtime) => {
    const target = await started(runtime);
    const gone = AbortSignal.abort();
    await assert.rejects(run(runtime, target, ["true"], { signal: gone }), { code: "cancelled" });
    await assert.rejects(runtime.list(gone), { code: "cancelled" });
  });
}

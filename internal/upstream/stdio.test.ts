import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Problem } from "../problem/problem.ts";
import { connectedPool, poolOf, until } from "./fixtures.ts";

const program = join(import.meta.dirname, "testdata/stdio-server.mjs");

/** The server of testdata; `marks` is where it writes the ids of its processes. */
function child(t: TestContext, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "knot-upstream-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const marks = join(folder, "pids");
  return {
    server: { command: process.execPath, args: [program, ...args], env: { MARKS: marks } },
    pids: () => (existsSync(marks) ? readFileSync(marks, "utf8").trim().split("\n").map(Number) : []),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // a process that has ended but was not waited for yet still answers to its id
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

describe("a stdio server", () => {
  test("is ended with its whole process group, even when it ignores SIGTERM", async (t) => {
    const { server, pids } = child(t, "stubborn", "family");
    const { upstreams } = await connectedPool(t, server);
    await until(() => pids().length === 2 && pids().every(isAlive));
    await upstreams.close();
    await until(() => !pids().some(isAlive));
  });

  test("and all its processes end when the daemon is killed, even when they ignore that", async (t) => {
    const { server, pids } = child(t, "stubborn", "family");
    const daemon = spawn(process.execPath, [join(import.meta.dirname, "testdata/doomed.ts"), JSON.stringify(server)]);
    t.after(() => daemon.kill("SIGKILL"));
    await until(() => pids().length === 2 && pids().every(isAlive));
    daemon.kill("SIGKILL");
    await until(() => !pids().some(isAlive));
  });

  test("leaves no guardian behind", async (t) => {
    const { server, pids } = child(t);
    const { upstreams } = await connectedPool(t, server);
    const [pid] = pids();
    const guardians = () =>
      readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`knot-guardian\0${pid}\0`));
    await until(() => guardians().length === 1);
    await upstreams.close();
    await until(() => guardians().length === 0);
  });

  test("is started anew after it died, and its next call works", async (t) => {
    const { server, pids } = child(t);
    const { call, status } = await connectedPool(t, server);
    await assert.rejects(
      call("up__die"),
      (thrown: unknown) => thrown instanceof Problem && thrown.code === "upstream_unavailable",
    );
    assert.deepEqual((await call("up__echo", { a: 1 })).content, [{ type: "text", text: '{"a":1}' }]);
    assert.deepEqual([pids().length, status().status], [2, "connected"]);
  });

  test("that dies of the first question of the newer protocol is asked in the older one", async (t) => {
    const { server } = child(t, "touchy");
    const { status } = await connectedPool(t, server);
    assert.equal(status().era, "legacy");
  });

  test("may chatter on both its outputs, within bounds", async (t) => {
    const { server } = child(t, "chatter");
    const { call, log } = await connectedPool(t, server);
    assert.equal((await call("up__echo")).content.length, 1);
    await until(() => log.includes("(more lines dropped)"));
    assert.ok(log.length < 60, `${log.length} lines`);
    assert.ok(log.some((line) => line === "noise 1\\u001b[31m"));
  });

  test("that never ends its line is cut off", async (t) => {
    const { server } = child(t);
    const { call, status } = await connectedPool(t, server);
    await assert.rejects(call("up__flood"), (thrown: unknown) => thrown instanceof Problem);
    await until(() => status().status === "connected");
    assert.equal((await call("up__echo")).content.length, 1);
  });

  test("is not given to a shell", async (t) => {
    const { status, upstreams } = poolOf(t, { command: "echo hello; sleep 100" });
    upstreams.start();
    await until(() => status().status === "failed");
    assert.match(String(status().error), /its program was not found/);
  });

  test("that ends at once is tried again and again, and says that it failed", async (t) => {
    const { status, upstreams } = poolOf(t, { command: "true" });
    upstreams.start();
    await until(() => status().status === "failed");
    assert.match(String(status().error), /its program ended with exit code 0/);
    await until(() => typeof status().retry_at === "number");
  });

  test("that crashes on every call is given a rest instead of being started for each", async (t) => {
    const { server, pids } = child(t);
    const { call } = await connectedPool(t, server);
    const outcomes: string[] = [];
    for (let at = 0; at < 10; at++) await call("up__die").catch((thrown: Error) => outcomes.push(thrown.message));
    assert.match(String(outcomes[0]), /"up" was lost during the call: its program ended with exit code 1/);
    assert.match(String(outcomes.at(-1)), /"up" is not reachable.*its program ended with exit code 1\. Next try at 20/);
    assert.ok(pids().length < 10, `${pids().length} starts`);
  });

  test("shows the last lines of its standard error, of which nothing can forge a line", async (t) => {
    const { server } = child(t, "chatter");
    const { status } = await connectedPool(t, server);
    await until(() => status().output.length === 20);
    assert.ok(status().output.every((line) => /^noise \d+\\u001b\[31m$|^\(more lines dropped\)$/.test(line)));
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Problem } from "../problem/problem.ts";
import { type Checkable, Servers, type ServersDeps } from "./server.ts";

const never = new AbortController().signal;
const hang = () => new Promise<never>(() => {});
const well = async () => ({ engine: "Engine", version: "1" });

const runtime = (check: Checkable["check"], name = "docker"): Checkable => ({ name, isolation: "container", check });

const serversWith = (overrides: Partial<ServersDeps> = {}) =>
  new Servers({
    ...{ version: "1", url: "http://x", mcp: { enabled: false, url: null }, accepting: () => true, patience: 20 },
    store: { kind: "sqlite", ping: async () => {} },
    runtimes: [runtime(well)],
    required: new Set(["docker"]),
    ...overrides,
  });

describe("a server", () => {
  test("is ready when everything it needs answers", async () => {
    assert.deepEqual(await serversWith().readiness(), {
      ready: true,
      checks: { store: { ok: true }, docker: { ok: true } },
    });
  });

  test("is not ready, and says so, while an engine hangs that heeds no signal", async () => {
    const servers = serversWith({ runtimes: [runtime(hang)] });
    const { ready, checks } = await servers.readiness();
    assert.deepEqual([ready, checks["store"]], [false, { ok: true }]);
    assert.match(checks["docker"]?.detail ?? "", /"docker" did not answer in time/);
    const { runtimes, ready: same } = await servers.get(never);
    assert.deepEqual([runtimes[0]?.reachable, same], [false, false]);
  });

  test("ends the check of an engine that hangs", async () => {
    let ended = false;
    const check = (signal: AbortSignal) => {
      signal.addEventListener("abort", () => {
        ended = true;
      });
      return hang();
    };
    await serversWith({ runtimes: [runtime(check)] }).readiness();
    assert.ok(ended);
  });

  test("is not ready while the database hangs", async () => {
    const { ready, checks } = await serversWith({ store: { kind: "postgres", ping: hang } }).readiness();
    assert.deepEqual([ready, checks["store"]], [false, { ok: false, detail: "the database does not answer" }]);
  });

  test("is ready again as soon as the engine answers", async () => {
    let check: Checkable["check"] = async () => {
      throw new Problem("runtime_unavailable", "No engine.");
    };
    const servers = serversWith({ runtimes: [runtime((signal) => check(signal))] });
    assert.deepEqual((await servers.readiness()).checks["docker"], { ok: false, detail: "No engine." });
    check = well;
    assert.equal((await servers.readiness()).ready, true);
  });

  test("is ready without a runtime that it does not need", async () => {
    const servers = serversWith({ runtimes: [runtime(well), runtime(hang, "process")] });
    assert.equal((await servers.readiness()).ready, true);
  });

  test("is not ready once it has been told to stop", async () => {
    const { ready, checks } = await serversWith({ accepting: () => false }).readiness();
    assert.deepEqual([ready, checks["daemon"]?.ok], [false, false]);
  });
});

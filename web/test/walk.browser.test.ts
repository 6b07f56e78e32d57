import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startDaemon } from "../../internal/testkit/daemon.ts";
import { needs } from "../../internal/testkit/needs.ts";
import { openPage } from "./browser.ts";
import { startFakeDaemon } from "./fake-daemon.ts";
import { walk } from "./walk.ts";

describe("the web app", { timeout: 300_000 }, () => {
  test("can be walked through the real daemon without a finding", needs("chromium", "process"), async (t) => {
    const daemon = await startDaemon({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
    t.after(() => daemon[Symbol.asyncDispose]());
    const setupUrl = daemon.setup_url ?? assert.fail("a new daemon prints its setup link");
    assert.deepEqual(await walk(await openPage(t), { origin: daemon.origin, setupUrl }), []);
  });

  test("can be walked with approvals that wait without a finding", needs("chromium"), async (t) => {
    const { origin, setupUrl, world, close } = await startFakeDaemon();
    t.after(close);
    world.addApproval();
    world.addApproval({ label: 'Stop space "loop"', tool: "stop_space", effect: "write" });
    assert.deepEqual(await walk(await openPage(t), { origin, setupUrl }), []);
  });
});

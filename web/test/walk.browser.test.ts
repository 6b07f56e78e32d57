import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needs } from "../../internal/testkit/needs.ts";
import { openPage } from "./browser.ts";
import { startFakeDaemon } from "./fake-daemon.ts";
import { walk } from "./walk.ts";

describe("the web app", { timeout: 300_000 }, () => {
  test("can be walked from the one-time link to the last page without a finding", needs("chromium"), async (t) => {
    const daemon = await startFakeDaemon();
    t.after(daemon.close);
    daemon.world.addApproval();
    daemon.world.addApproval({ label: 'Stop space "loop"', tool: "stop_space", effect: "write" });
    const page = await openPage(t);
    const { origin, setupUrl } = daemon;
    assert.deepEqual(await walk(page, { origin, setupUrl }), []);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigSchema } from "../config/schema.ts";
import { openRuntimes } from "./runtimes.ts";

const data = { path: "", database: "", spaces: "", key: Buffer.alloc(32), instance_id: "test" };

test("says of an engine that must be there but does not answer why, and that spaces wait for it", async () => {
  const host = "unix:///nonexistent/engine.sock";
  const config = ConfigSchema.parse({
    server: { docker: { enabled: "always", host }, podman: { enabled: "never" }, process: { enabled: false } },
  });
  const { notes, byName } = await openRuntimes(config, data, () => {});
  assert.deepEqual([...byName.keys()], ["docker"]);
  assert.equal(notes.length, 1);
  assert.match(
    notes[0] ?? "",
    /^Spaces wait for Docker at unix:\/\/\/nonexistent\/engine\.sock, which does not answer/,
  );
  assert.match(notes[0] ?? "", /there is no such socket/);
});

test("says so when neither engines nor processes are allowed", async () => {
  const never = { enabled: "never" };
  const config = ConfigSchema.parse({ server: { docker: never, podman: never, process: { enabled: false } } });
  const { notes } = await openRuntimes(config, data, () => {});
  assert.deepEqual(notes, [
    "Spaces can run nowhere: no container engine answers, and server.process.enabled is false.",
  ]);
});

test("says so when processes cannot run either", async (t) => {
  const path = process.env["PATH"];
  t.after(() => {
    process.env["PATH"] = path;
  });
  // no bubblewrap is found
  process.env["PATH"] = "/nonexistent";
  const config = ConfigSchema.parse({ server: { docker: { enabled: "never" }, podman: { enabled: "never" } } });
  const spaces = mkdtempSync(join(tmpdir(), "knot-spaces-"));
  t.after(() => rmSync(spaces, { recursive: true }));
  const { notes } = await openRuntimes(config, { ...data, spaces }, () => {});
  assert.equal(notes.length, 1);
  assert.match(
    notes[0] ?? "",
    /^No container engine answers, and spaces cannot run as processes of this machine yet: .*apt-get install bubblewrap/,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildProgram } from "../testkit/built.ts";
import { startHouse } from "../testkit/house.ts";
import { busyboxImage } from "../testkit/images.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";

// the bundle is without parts of the engine's client
test("the built program runs spaces as containers", { ...needs("docker"), timeout: 300_000 }, async () => {
  using built = await buildProgram();
  const flags = [`--server-docker-host=unix://${dockerSocket()}`];
  await using house = await startHouse({ program: built.program, flags, env: { KNOT_NODE: process.execPath } });
  const { browser } = house.admin;
  const image = await busyboxImage();
  await browser.ok("create_template", {
    name: "box",
    spec: `image: ${image}\ncommand: [sleep, "3600"]\nnetwork: none\n`,
  });
  await browser.ok("create_space", { name: "box", template: "box" });
  await browser.ok("write_file", { space: "box", path: "/tmp/note", content: "kept" });
  const said = await browser.ok("run_command", { space: "box", argv: ["cat", "/tmp/note"] });
  assert.deepEqual([said.exit_code, said.stdout], [0, "kept"]);
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Client } from "@modelcontextprotocol/client";
import { connectFirst, connectModern } from "../mcp/fixtures/clients.ts";
import { type House, startHouse } from "../testkit/house.ts";
import { root, version } from "./version.ts";

const run = promisify(execFile);
const packaged = (name: string, file: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);

const config = `[server]
listen = "127.0.0.1:0"

[server.mcp]
enabled = true

[[server.mcp.remote_servers]]
namespace = "local"
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(packaged("@modelcontextprotocol/server-everything", "dist/index.js"))}, "stdio"]
`;

/** What `make build` leaves in dist, built here from the sources as they are. */
describe("the built program", { timeout: 300_000 }, () => {
  let folder: string;
  let program: string;
  let house: House;
  before(async () => {
    mkdirSync(join(root, ".cache"), { recursive: true });
    // below the root, where it finds node_modules as dist does
    folder = mkdtempSync(join(root, ".cache/built-"));
    const vite = packaged("vite", "bin/vite.js");
    const how = ["build", "cmd", "--outDir", folder];
    await run(process.execPath, [vite, ...how], { cwd: root });
    program = join(folder, "knot");
    copyFileSync(join(root, "cmd/knot/knot.sh"), program);
    chmodSync(program, 0o755);
    house = await startHouse({ program, config, env: { KNOT_NODE: process.execPath } });
  });
  after(async () => {
    await house?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is of the version that package.json names", async () => {
    const { stdout } = await run(program, ["--version"], { env: { ...process.env, KNOT_NODE: process.execPath } });
    assert.equal(stdout, `knot ${version}\n`);
  });

  test("serves REST, and templates that are read as YAML", async () => {
    const { user } = await house.admin.browser.ok("whoami");
    assert.equal(user.username, "admin");
    await house.admin.browser.ok("create_template", {
      name: "idle",
      spec: "runtime: process\nimage: host\ncommand: [sleep, infinity]\n",
    });
    const wrong = await house.admin.browser.call("create_template", { name: "wrong", spec: "image: [" });
    assert.equal(wrong.status, 422);
  });

  test("serves MCP clients of both eras, with the tools of a connected server", async () => {
    const { secret } = await house.admin.token("client");
    const first = (await connectFirst(house.mcpUrl, secret)) as unknown as Client;
    const modern = await connectModern(house.mcpUrl, secret);
    for (const client of [first, modern]) {
      const me = await client.callTool({ name: "whoami", arguments: {} });
      assert.equal((me.structuredContent as { user: { username: string } }).user.username, "admin");
      await client.close();
    }
    const [integration] = (await house.admin.browser.ok("list_integrations")).integrations;
    assert.equal(integration.namespace, "local");
  });

  test("ends as the sources do", async () => {
    assert.equal(await house.daemon.stop(), 0);
  });
});

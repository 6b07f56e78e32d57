import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Client } from "@modelcontextprotocol/client";
import { connectFirst, connectModern } from "../mcp/fixtures/clients.ts";
import { type Built, buildProgram } from "../testkit/built.ts";
import { type House, startHouse } from "../testkit/house.ts";
import { localEverything } from "../testkit/packaged.ts";
import { version } from "./version.ts";

const run = promisify(execFile);
const env = { KNOT_NODE: process.execPath };

const config = `[server]
listen = "127.0.0.1:0"

[server.mcp]
enabled = true

${localEverything}`;

describe("the built program", { timeout: 300_000 }, () => {
  let built: Built;
  let house: House;
  before(async () => {
    built = await buildProgram();
    house = await startHouse({ program: built.program, config, env });
  });
  after(async () => {
    await house?.[Symbol.asyncDispose]();
    built?.[Symbol.dispose]();
  });

  test("is of the version that package.json names", async () => {
    const { stdout } = await run(built.program, ["--version"], { env: { ...process.env, ...env } });
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

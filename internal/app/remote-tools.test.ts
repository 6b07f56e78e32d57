import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@modelcontextprotocol/client";
import { connectFirst, connectModern } from "../mcp/fixtures/clients.ts";
import { startDaemon } from "../testkit/daemon.ts";
import { knotCli } from "../testkit/doors.ts";
import { type House, type Inhabitant, startHouse } from "../testkit/house.ts";
import { everythingServer, localEverything } from "../testkit/packaged.ts";

const remoteToken = "remote-token-7d31";

const configOf = (url: string) => `[server]
listen = "127.0.0.1:0"

[server.docker]
enabled = "never"

[server.podman]
enabled = "never"

[server.mcp]
enabled = true

${localEverything}
[[server.mcp.remote_servers]]
namespace = "far-away"
url = "${url}"
token = "${remoteToken}"
hidden = ["get-env"]
`;

/** A guard against waiting for what never comes; it measures nothing. */
const patience = { timeout: 120_000 };

type Content = { readonly content: readonly { readonly text: string }[]; readonly isError?: boolean };

test("says of servers that are configured in vain why they are not connected", async () => {
  const config = configOf("http://127.0.0.1:9/mcp").replace("enabled = true", "enabled = false");
  await using daemon = await startDaemon({ config });
  assert.match(daemon.output(), /^The servers of server\.mcp\.remote_servers \(local, far-away\) are not connected/m);
});

describe("the tools of two connected servers", () => {
  let reference: { readonly child: ChildProcess; readonly url: string };
  let house: House;
  let member: Inhabitant;
  let secret: string;
  before(async () => {
    reference = await startReference();
    house = await startHouse({ config: configOf(reference.url) });
    await untilConnected();
    member = await house.add("member", "member");
    secret = (await member.token("client")).secret;
  }, patience);
  after(async () => {
    await house?.[Symbol.asyncDispose]();
    if (reference?.child.kill("SIGKILL")) await once(reference.child, "exit");
  });

  async function untilConnected(): Promise<void> {
    for (;;) {
      const { integrations } = await house.admin.browser.ok("list_integrations");
      if (integrations.every(({ status }: { status: string }) => status === "connected")) return;
      await sleep(20);
    }
  }

  async function withClient(query: string, work: (client: Client) => Promise<void>, token = secret): Promise<void> {
    const client = await connectModern(`${house.mcpUrl}${query}`, token);
    await work(client).finally(() => client.close());
  }

  const execute = async (client: Client, name: string, args: object): Promise<Content> =>
    (await client.callTool({ name: "execute_tool", arguments: { name, arguments: args } })) as Content;

  test("are integrations that both are connected, with how and how many", async () => {
    const { integrations } = await house.admin.browser.ok("list_integrations");
    assert.deepEqual(
      integrations.map(({ namespace, transport }: Record<string, unknown>) => [namespace, transport]),
      [
        ["far-away", "http"],
        ["local", "stdio"],
      ],
    );
    for (const { tools } of integrations) assert.ok(tools > 5, JSON.stringify(integrations));
  });

  test("are listed under the names of their servers when every tool is", async () => {
    await withClient("?mode=native", async (client) => {
      const names = (await client.listTools()).tools.map(({ name }) => name);
      for (const name of ["local__echo", "far-away__echo", "local__get-sum"]) assert.ok(names.includes(name), name);
      assert.ok(!names.includes("echo"));
      assert.ok(names.includes("local__get-env") && !names.includes("far-away__get-env"));
    });
  });

  test("are found by what they do, and run by either name", async () => {
    await withClient("", async (client) => {
      const names = (await client.listTools()).tools.map(({ name }) => name);
      assert.ok(!names.some((name) => name.includes("echo")), `${names}`);
      const search = { name: "tool_search", arguments: { query: "echo back a message", max_results: 20 } };
      const found = (await client.callTool(search)).structuredContent as { tools: { name: string }[] };
      for (const namespace of ["local", "far-away"]) {
        assert.ok(found.tools.some(({ name }) => name === `${namespace}__echo`));
        for (const name of [`${namespace}__echo`, `${namespace}.echo`]) {
          const { content } = await execute(client, name, { message: `to ${name}` });
          assert.deepEqual(content, [{ type: "text", text: `Echo: to ${name}` }]);
        }
      }
    });
  });

  test("are called without knot's own tools around them, by clients of both eras", async () => {
    const first = (await connectFirst(house.mcpUrl, secret)) as unknown as Client;
    const modern = await connectModern(house.mcpUrl, secret);
    for (const client of [first, modern]) {
      const sum = (await client.callTool({ name: "local__get-sum", arguments: { a: 2, b: 40 } })) as Content;
      assert.match(sum.content[0]?.text ?? "", /42/);
      await client.close();
    }
  });

  test("answer to wrong arguments with an error that is a result", async () => {
    await withClient("", async (client) => {
      const { isError, content } = await execute(client, "local__get-sum", { a: "two" });
      assert.equal(isError, true, JSON.stringify(content));
    });
  });

  test("are not there without the permission integrations.use, not even by name", async () => {
    const { role } = await house.admin.browser.ok("create_role", {
      name: "no-integrations",
      permissions: ["mcp.use", "spaces.use", "tokens.use"],
    });
    const user = await house.add("plain", role.id);
    const token = (await user.token("plain")).secret;
    const work = async (client: Client) => {
      const text = JSON.stringify(await client.listTools());
      assert.ok(!text.includes("local__") && !text.includes("far-away"));
      await assert.rejects(client.callTool({ name: "local__echo", arguments: { message: "hi" } }), { code: -32602 });
    };
    await withClient("?mode=native", work, token);
    await withClient(
      "",
      async (client) => {
        await work(client);
        const search = { name: "tool_search", arguments: { query: "echo back a message" } };
        assert.ok(!JSON.stringify(await client.callTool(search)).includes("__echo"));
        const [theirs, nobodys] = [
          await execute(client, "local.echo", { message: "hi" }),
          await execute(client, "local.ecko", { message: "hi" }),
        ];
        assert.equal(theirs.isError, true);
        const said = (content: Content) => JSON.stringify(content.content).replaceAll("local.ec", "");
        assert.equal(said(theirs).replace("ho", "ko"), said(nobodys));
      },
      token,
    );
    const { entries } = await house.admin.browser.ok("list_audit_entries", { user: "plain", outcome: "denied" });
    assert.ok(entries.some(({ operation }: { operation: string }) => operation === "local__echo"));
  });

  test("are audited with their origin, under the name of who called", async () => {
    await withClient("", async (client) => {
      await execute(client, "far-away.echo", { message: "for the audit log" });
    });
    const { entries } = await house.admin.browser.ok("list_audit_entries", { operation: "far-away__echo", limit: 1 });
    const [{ origin, door, outcome, username, credential_name }] = entries;
    assert.deepEqual([origin, door, outcome, username, credential_name], ["far-away", "mcp", "ok", "member", "client"]);
  });

  test("wait for a person like knot's own when a policy says so", async () => {
    const { id, secret: asking } = await member.token("asking");
    await house.admin.browser.ok("set_approval_policy", {
      subject: "token",
      subject_id: id,
      tool: "local.echo",
      mode: "ask",
    });
    await withClient(
      "",
      async (client) => {
        const call = () => execute(client, "local.echo", { message: "please" });
        const asked = await call();
        assert.equal(asked.isError, true);
        const { approvals } = await house.admin.browser.ok("list_approvals", { state: "pending" });
        assert.equal(approvals.length, 1);
        assert.deepEqual([approvals[0].tool, approvals[0].origin], ["local__echo", "local"]);
        const { approval } = await house.admin.browser.ok("approve_call", { approval: approvals[0].id });
        assert.equal(approval.state, "done");
        assert.deepEqual((await call()).content, [{ type: "text", text: "Echo: please" }]);
      },
      asking,
    );
  });

  test("tell nobody the token of their server", async () => {
    const { secret: admin } = await house.admin.token("cli");
    const { code, stdout, stderr } = await knotCli(house.daemon.origin, admin, "integration", "list");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"far-away"/);
    const audit = JSON.stringify(await house.admin.browser.ok("list_audit_entries", { limit: 1000 }));
    for (const text of [stdout, audit, house.daemon.output()]) assert.ok(!text.includes(remoteToken));
  });

  test("are called again once their server is back, and say meanwhile which one is away", patience, async () => {
    reference.child.kill("SIGKILL");
    await once(reference.child, "exit");
    await withClient("", async (client) => {
      const away = await execute(client, "far-away__echo", { message: "lost" });
      assert.equal(away.isError, true);
      assert.match(JSON.stringify(away), /far-away/);
      assert.deepEqual((await execute(client, "local__echo", { message: "here" })).content[0]?.text, "Echo: here");
      reference = await startReference(Number(new URL(reference.url).port));
      await untilConnected();
      assert.equal((await execute(client, "far-away__echo", { message: "back" })).content[0]?.text, "Echo: back");
    });
  });
});

/** The reference server over Streamable HTTP. */
async function startReference(port?: number): Promise<{ child: ChildProcess; url: string }> {
  const chosen = port ?? (await freePort());
  const child = spawn(process.execPath, [everythingServer, "streamableHttp"], {
    env: { PATH: process.env["PATH"], PORT: String(chosen) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ready = Promise.withResolvers<void>();
  child.stderr.on("data", (text) => /listening on port/.test(String(text)) && ready.resolve());
  child.once("exit", () => ready.reject(new Error("the reference server ended")));
  await ready.promise;
  return { child, url: `http://127.0.0.1:${chosen}/mcp` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { callModern } from "../mcp/fixtures/clients.ts";
import { openStore } from "../store/store.ts";
import { dataFolder } from "../testkit/daemon.ts";
import { type House, reopenHouse, startHouse } from "../testkit/house.ts";
import { localEverything } from "../testkit/packaged.ts";

const config = `[server]
listen = "127.0.0.1:0"

[server.docker]
enabled = "never"

[server.podman]
enabled = "never"

[server.mcp]
enabled = true

${localEverything}`;

const echo = { name: "local.echo", arguments: { message: "after all" } };
const call = async ({ mcpUrl }: House, secret: string) =>
  (await callModern(mcpUrl, secret, 1, "tools/call", echo)).answer;

test("an approved call of a connected server runs after a restart, once that server is there", {
  timeout: 120_000,
}, async (t) => {
  const data_dir = dataFolder(t);
  const { id, secret } = await askAndKill(data_dir);
  const store = await openStore({ kind: "sqlite", path: join(data_dir, "knot.db") });
  const approved = { state: "approved", decided_by_name: "admin", decided_at: Date.now() } as const;
  await store.db.updateTable("approvals").set(approved).where("id", "=", id).execute();
  await store[Symbol.asyncDispose]();
  const house = await reopenHouse({ data_dir, config });
  try {
    const ended = async () => (await house.admin.browser.ok("get_approval", { approval: id })).approval;
    while ((await ended()).finished_at === null) await sleep(20);
    const { state, output } = await ended();
    assert.deepEqual([state, output.content], ["done", [{ type: "text", text: "Echo: after all" }]]);
    assert.deepEqual((await call(house, secret)).result.content, output.content);
  } finally {
    await house[Symbol.asyncDispose]();
  }
});

/** A daemon that dies while a call of a connected server's tool waits. */
async function askAndKill(data_dir: string): Promise<{ id: string; secret: string }> {
  const house = await startHouse({ data_dir, config });
  try {
    const { id: token_id, secret } = await house.admin.token("client");
    const policy = { subject: "token", subject_id: token_id, tool: "local.echo", mode: "ask" };
    await house.admin.browser.ok("set_approval_policy", policy);
    let id: string | undefined;
    // until the server is there, the call is refused and asks nobody
    while (id === undefined) {
      id = /Approval ([\w-]+)/.exec(JSON.stringify(await call(house, secret)))?.[1];
      await sleep(20);
    }
    await house.daemon.kill();
    return { id, secret };
  } finally {
    await house[Symbol.asyncDispose]();
  }
}

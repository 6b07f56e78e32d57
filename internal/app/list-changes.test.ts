import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { beginSession, connectModern, messagesOf, post } from "../mcp/fixtures/clients.ts";
import { type House, type Inhabitant, startHouse } from "../testkit/house.ts";

const withoutEngine = ["--server-docker-enabled=never", "--server-podman-enabled=never"];
const patience = { timeout: 60_000 };

/** A client of 2026-07-28 and a session of 2025, both with every tool in their lists, and what they have heard. */
type Listener = {
  readonly heard: string[];
  readonly tools: () => Promise<string[][]>;
  readonly close: () => Promise<void>;
};

describe("the list of tools of a client that is connected", () => {
  let house: House;
  let bob: Inhabitant;
  let listeners: { readonly bob: Listener; readonly eve: Listener };
  before(async () => {
    house = await startHouse({ flags: withoutEngine });
    bob = await house.add("bob", "member");
    const eve = await house.add("eve", "member");
    listeners = { bob: await listener(bob), eve: await listener(eve) };
  });
  after(async () => {
    for (const { close } of Object.values(listeners ?? {})) await close();
    await house?.[Symbol.asyncDispose]();
  });

  async function listener(user: Inhabitant): Promise<Listener> {
    const { secret } = await user.token("client");
    const url = `${house.mcpUrl}?mode=native`;
    const heard: string[] = [];
    const modern = await connectModern(url, secret);
    modern.setNotificationHandler("notifications/tools/list_changed", () => void heard.push("modern"));
    await modern.listen({ toolsListChanged: true });
    const headers = { ...(await beginSession(url, secret)), authorization: `Bearer ${secret}` };
    const session = await fetch(url, { headers: { ...headers, accept: "text/event-stream" } });
    void follow(session, () => heard.push("session"));
    const listed = async () => {
      const response = await post(url, { jsonrpc: "2.0", id: 1, method: "tools/list" }, { token: secret, headers });
      return messagesOf(await response.text())[0].result as { tools: { name: string }[] };
    };
    return {
      heard,
      tools: async () => [await modern.listTools(), await listed()].map(({ tools }) => tools.map(({ name }) => name)),
      close: async () => {
        await modern.close();
        await session.body?.cancel().catch(() => {});
      },
    };
  }

  let role_id = "";
  const steps = {
    "gets a role": async () => {
      const created = await house.admin.browser.ok("create_role", { name: "keeper", permissions: ["audit.view"] });
      role_id = created.role.id;
      await house.admin.browser.ok("update_user", { user: "bob", role_ids: ["member", role_id] });
    },
    "has a role whose permissions change": () =>
      house.admin.browser.ok("update_role", { role: role_id, permissions: ["groups.manage"] }),
    "loses a role that is deleted": () => house.admin.browser.ok("delete_role", { role: role_id, confirm: true }),
  };
  const gained: Record<string, readonly string[]> = {
    "gets a role": ["list_audit_entries"],
    "has a role whose permissions change": ["create_group"],
  };
  const watched = ["list_audit_entries", "create_group"];

  for (const [when, step] of Object.entries(steps)) {
    test(`changes when its user ${when}, and only that user's clients are told`, patience, async () => {
      const { heard, tools } = listeners.bob;
      heard.length = 0;
      await step();
      while (!(heard.includes("modern") && heard.includes("session"))) await sleep(10);
      for (const names of await tools()) {
        assert.deepEqual(
          watched.filter((name) => names.includes(name)),
          gained[when] ?? [],
        );
      }
      assert.deepEqual(listeners.eve.heard, []);
    });
  }
});

/** Hears every change that a stream tells, until it ends. */
async function follow({ body }: Response, hear: () => void): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      if (decoder.decode(chunk).includes("list_changed")) hear();
    }
  } catch {
    // the test has ended, or the daemon
  }
}

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connectModern } from "../mcp/fixtures/clients.ts";
import type { Answer, RestDoor } from "../testkit/doors.ts";
import { type House, startHouse } from "../testkit/house.ts";
import { needs } from "../testkit/needs.ts";

const many = Array.from({ length: 50 }, (_, at) => at);

describe("a daemon that is attacked", needs("process"), () => {
  let house: House;
  before(async () => {
    house = await startHouse({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
  });
  after(() => house?.[Symbol.asyncDispose]());

  test("makes as many spaces as the quota allows of 50 asked for at once", async () => {
    const greedy = await house.add("greedy", "member");
    await house.admin.browser.ok("update_user", { user: "greedy", quota: { spaces: 5 } });
    const create = (at: number) =>
      greedy.browser.call("create_space", { name: `s-${at}`, template: "sandbox", start: false });
    const answers = await Promise.all(many.map(create));
    const refused = answers.filter(({ status }) => status !== 200);
    assert.deepEqual([...new Set(refused.map(({ body }) => body.code))], ["quota_exceeded"]);
    assert.equal(refused.length, 45);
    assert.equal((await greedy.browser.ok("list_spaces")).total, 5);
  });

  for (const made of ["space", "group", "token"] as const) {
    test(`makes one ${made} of 50 equal calls with one key, and gives one answer`, async () => {
      const person = made === "group" ? house.admin : await house.add(`keyed-${made}`, "member");
      const input = made === "space" ? { template: "sandbox", start: false } : {};
      const key = { "idempotency-key": `fifty-${made}` };
      const call = () => person.browser.call(`create_${made}`, { ...input, name: "fifty" }, key);
      const answers: Answer[] = await Promise.all(many.map(call));
      assert.equal(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size, 1);
      assert.equal(answers[0]?.status, 200, JSON.stringify(answers[0]?.body));
      const { [`${made}s`]: list } = await person.browser.ok(`list_${made}s`);
      assert.equal(list.filter(({ name }: { name: string }) => name === "fifty").length, 1);
    });
  }

  test("keeps no secret in a file, in its log, or in what it tells", async () => {
    const person = await house.add("keeper", "member");
    const { secret } = await person.token("kept", ["api", "mcp"]);
    const door = house.with(secret);
    const cookie = person.browser.headers["cookie"]?.split("=")[1] ?? "";
    const password = "Canary-of-the-mine-7";
    const { status } = await person.browser.call("change_password", {
      current_password: "Correct-horse-9-battery",
      new_password: password,
    });
    assert.equal(status, 200);
    const rotated = await door.ok("create_token", { name: "inner" }, { "idempotency-key": "kept-key" });
    const told = [await door.call("start_space", { space: secret }), await door.call("whoami")];
    const client = await connectModern(house.mcpUrl, secret);
    await client.callTool({ name: "execute_tool", arguments: { name: "list_tokens", arguments: {} } });
    await client.close();
    const setup = new URL(house.daemon.setup_url ?? "").searchParams.get("token") ?? "";
    const { browser } = house.admin;
    const lists = [
      await browser.ok("list_audit_entries", { limit: 1000 }),
      await browser.ok("list_events", { limit: 1000 }),
      await browser.ok("list_tokens", { user: "keeper" }),
      await browser.ok("list_users"),
      told[1]?.body,
    ].map((list) => JSON.stringify(list));
    const files = readdirSync(house.daemon.data_dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    const logged = house.daemon.output().replaceAll(`/setup?token=${setup}`, "");
    for (const [what, text] of Object.entries({ secret, inner: rotated.secret, cookie, password, setup })) {
      assert.ok(text.length > 12, what);
      assert.ok(!logged.includes(text), `${what} in the log`);
      for (const list of lists) assert.ok(!list.includes(text), `${what} in ${list.slice(0, 40)}`);
      for (const file of files) assert.ok(!file.includes(text), `${what} in a file`);
    }
    const columns = JSON.stringify(await browser.ok("list_audit_entries", { user: "keeper" }));
    assert.match(columns, /create_token/);
  });

  test("ends the event stream of who signs out, or loses a role or a group", { timeout: 60_000 }, async () => {
    const { browser } = house.admin;
    await browser.ok("create_group", { name: "crew" });
    const ends: Record<string, (id: string, door: RestDoor) => Promise<unknown>> = {
      "sign-out": (_id, door) => door.send("POST", "/api/auth/logout", { body: "{}" }),
      "role-loss": (user) => browser.ok("update_user", { user, role_ids: ["viewer"] }),
      "group-loss": (user) => browser.ok("remove_group_member", { group: "crew", user }),
      "password-set": (user) => browser.ok("set_password", { user, password: "Canary-of-the-mine-8" }),
    };
    const watch = async ([name, end]: [string, (id: string, door: RestDoor) => Promise<unknown>]) => {
      const { id, browser: own } = await house.add(name, "member");
      await browser.ok("add_group_member", { group: "crew", user: id });
      const stream = await fetch(`${house.daemon.origin}/api/events/stream`, { headers: own.headers });
      assert.equal(stream.status, 200);
      await end(id, own);
      await stream.text().catch(() => "");
    };
    await Promise.all(Object.entries(ends).map(watch));
  });
});

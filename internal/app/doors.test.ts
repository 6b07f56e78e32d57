import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { beginSession, callModern, connectModern, modernRequest, post } from "../mcp/fixtures/clients.ts";
import { knotCli, RestDoor } from "../testkit/doors.ts";
import { type House, startHouse } from "../testkit/house.ts";
import { needs } from "../testkit/needs.ts";

let house: House;
before(async () => {
  house = await startHouse({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
});
after(() => house?.[Symbol.asyncDispose]());

/** What each kind of caller is answered: reading and writing one's own, reading what is for administrators, and /mcp. */
const matrix = {
  "the administrator's browser": { whoami: 200, spaces: 200, create: 404, users: 200, mcp: 403 },
  "the administrator's token": { whoami: 200, spaces: 200, create: 404, users: 200, mcp: 200 },
  "a member's browser": { whoami: 200, spaces: 200, create: 404, users: 403, mcp: 403 },
  "a member's token": { whoami: 200, spaces: 200, create: 404, users: 403, mcp: 200 },
  "a viewer's browser": { whoami: 200, spaces: 403, create: 403, users: 403, mcp: 403 },
  "a token that only reads": { whoami: 200, spaces: 200, create: 403, users: 403, mcp: 200 },
  "a token for REST alone": { whoami: 200, spaces: 200, create: 404, users: 403, mcp: 403 },
  "a token for MCP alone": { whoami: 403, spaces: 403, create: 403, users: 403, mcp: 200 },
  "a revoked token": { whoami: 401, spaces: 401, create: 401, users: 401, mcp: 401 },
  "a token of a user who was made inactive": { whoami: 401, spaces: 401, create: 401, users: 401, mcp: 401 },
  "a token in the address": { whoami: 401, spaces: 401, create: 401, users: 401, mcp: 401 },
  "a wrong token beside a good cookie": { whoami: 401, spaces: 401, create: 401, users: 401, mcp: 401 },
  nobody: { whoami: 401, spaces: 401, create: 401, users: 401, mcp: 401 },
};

type Caller = { readonly headers: Record<string, string>; readonly query?: string };

async function callers(): Promise<Record<keyof typeof matrix, Caller>> {
  const { admin } = house;
  const member = await house.add("member", "member");
  const viewer = await house.add("viewer", "viewer");
  const leaver = await house.add("leaver", "member");
  const bearer = async (user: typeof admin, name: string, scopes?: readonly string[]) => {
    const { id, secret } = await user.token(name, scopes);
    return { id, secret, headers: { authorization: `Bearer ${secret}` } };
  };
  const revoked = await bearer(member, "revoked");
  await house.with(revoked.secret).ok("whoami");
  await member.browser.ok("revoke_token", { token: revoked.id });
  const left = await bearer(leaver, "left");
  await house.with(left.secret).ok("whoami");
  await admin.browser.ok("update_user", { user: leaver.id, active: false });
  const good = await bearer(member, "good");
  return {
    "the administrator's browser": { headers: { ...admin.browser.headers } },
    "the administrator's token": await bearer(admin, "all"),
    "a member's browser": { headers: { ...member.browser.headers } },
    "a member's token": good,
    "a viewer's browser": { headers: { ...viewer.browser.headers } },
    "a token that only reads": await bearer(member, "read", ["read"]),
    "a token for REST alone": await bearer(member, "api", ["api"]),
    "a token for MCP alone": await bearer(member, "mcp", ["mcp"]),
    "a revoked token": revoked,
    "a token of a user who was made inactive": left,
    "a token in the address": { headers: {}, query: `?token=${good.secret}&access_token=${good.secret}` },
    "a wrong token beside a good cookie": {
      headers: { ...member.browser.headers, authorization: `Bearer ${good.secret}x` },
    },
    nobody: { headers: {} },
  };
}

test("every kind of caller is let in where its role and its scopes allow, and nowhere else", async () => {
  const seen: Record<string, Record<string, number>> = {};
  const list = modernRequest(1, "tools/list");
  for (const [who, { headers, query = "" }] of Object.entries(await callers())) {
    const door = new RestDoor(house.daemon.origin, headers);
    const statusOf = async (method: string, path: string, body?: object) =>
      (await door.send(method, path + query, body === undefined ? {} : { body: JSON.stringify(body) })).status;
    const mcp = await post(house.mcpUrl + query, list.body, { token: "", headers: { ...list.headers, ...headers } });
    await mcp.text();
    seen[who] = {
      whoami: await statusOf("GET", "/api/whoami"),
      spaces: await statusOf("GET", "/api/spaces"),
      create: await statusOf("POST", "/api/spaces", { name: "dev", template: "no-such-template" }),
      users: await statusOf("GET", "/api/users"),
      mcp: mcp.status,
    };
  }
  assert.deepEqual(seen, matrix);
});

test("a token that only reads sees and calls no tool that changes something", async () => {
  const { secret } = await house.admin.token("reads over MCP", ["read"]);
  const client = await connectModern(`${house.mcpUrl}?mode=native`, secret);
  const { tools } = await client.listTools();
  assert.ok(tools.length > 10);
  assert.deepEqual(
    tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name),
    [],
  );
  const args = { name: "create_group", arguments: { name: "unseen" } };
  await assert.rejects(client.callTool(args), { code: -32602 });
  assert.equal((await client.callTool({ name: "execute_tool", arguments: args })).isError, true);
  await client.close();
  assert.equal((await house.admin.browser.call("get_group", { group: "unseen" })).status, 404);
});

describe("a browser's cookie", () => {
  const fromElsewhere: Record<string, Record<string, string>> = {
    "no origin": {},
    "another site": { origin: "https://evil.example" },
    "no site": { origin: "null" },
    "another site, says the browser": { "sec-fetch-site": "cross-site" },
    "another port of this host, says the browser": { "sec-fetch-site": "same-site" },
  };
  for (const [where, headers] of Object.entries(fromElsewhere)) {
    test(`changes nothing from ${where}`, async () => {
      const { cookie = "" } = house.admin.browser.headers;
      const door = new RestDoor(house.daemon.origin, { cookie, ...headers });
      const { status, body } = await door.call("create_group", { name: "forged" });
      assert.deepEqual([status, body.code], [403, "forbidden"]);
      assert.equal((await house.admin.browser.call("get_group", { group: "forged" })).status, 404);
    });
  }

  test("changes what knot's own page says, told by the origin or by the browser", async () => {
    const { cookie = "", origin = "" } = house.admin.browser.headers;
    for (const own of [{ origin }, { "sec-fetch-site": "same-origin" }] as Record<string, string>[]) {
      const door = new RestDoor(house.daemon.origin, { cookie, ...own });
      await door.ok("create_group", { name: "own" });
      await door.ok("delete_group", { group: "own", confirm: true });
    }
  });

  test("is of no use to a page of another site that wants to sign somebody in", async () => {
    const form = JSON.stringify({ login: "admin", password: "Correct-horse-9-battery" });
    const door = new RestDoor(house.daemon.origin, { origin: "https://evil.example" });
    const { status, headers } = await door.send("POST", "/api/auth/login", { body: form });
    assert.deepEqual([status, headers.get("set-cookie")], [403, null]);
  });
});

describe("an idempotency key", needs("process"), () => {
  const input = { template: "sandbox", name: "once", start: false };

  type Made = Record<string, { readonly id: string }>;
  const creations = [
    { made: "space", args: input, words: ["space", "create", "once", "sandbox", "--no-start"] },
    { made: "group", args: { name: "once" }, words: ["group", "create", "once"] },
  ];
  for (const { made, args, words } of creations) {
    test(`makes one ${made} of a call that comes through three doors, and of two at the same moment`, async () => {
      const { secret } = await house.admin.token(`keyed ${made}`);
      const rest = () => house.with(secret).call(`create_${made}`, args, { "idempotency-key": "key-1" });
      const [{ id }] = (await Promise.all([rest(), rest()]))
        .filter(({ status }) => status === 200)
        .map(({ body }) => body[made]) as [{ id: string }];
      const again = (await rest()).body[made];
      const client = await connectModern(house.mcpUrl, secret);
      const keyed = { name: `create_${made}`, arguments: { ...args, idempotency_key: "key-1" } };
      const overMcp = (await client.callTool({ name: "execute_tool", arguments: keyed })).structuredContent as Made;
      await client.close();
      const overCli = await knotCli(house.daemon.origin, secret, ...words, "--idempotency-key", "key-1");
      assert.equal(overCli.code, 0, overCli.stderr);
      assert.deepEqual([again.id, overMcp[made]?.id, overCli.body[made].id], [id, id, id]);
      const list = (await house.with(secret).ok(`list_${made}s`))[`${made}s`] as { name: string }[];
      assert.equal(list.filter(({ name }) => name === "once").length, 1);
    });
  }

  test("is refused for another input, and is another user's own", async () => {
    const key = { "idempotency-key": "key-2" };
    const first = await house.admin.browser.ok("create_space", { ...input, name: "second" }, key);
    const other = await house.admin.browser.call("create_space", { ...input, name: "third" }, key);
    assert.deepEqual([other.status, other.body.code], [409, "conflict"]);
    const ben = await house.add("ben", "member");
    const { space } = await ben.browser.ok("create_space", { ...input, name: "second" }, key);
    assert.notEqual(space.id, first.space.id);
  });
});

test("a list is read to its end by cursor, the same through three doors", async () => {
  await house.admin.browser.call("delete_group", { group: "once", confirm: true });
  const names = ["a", "b", "c", "d", "e"].map((letter) => `page-${letter}`);
  for (const name of names) await house.admin.browser.ok("create_group", { name });
  const { secret } = await house.admin.token("pages");
  const client = await connectModern(house.mcpUrl, secret);
  type Page = { groups: { name: string }[]; total: number; returned: number; next_cursor: string | null };
  const doors: Record<string, (input: { limit: number; cursor?: string }) => Promise<Page>> = {
    rest: (input) => house.with(secret).ok("list_groups", input),
    mcp: async (input) => {
      const execute = { name: "execute_tool", arguments: { name: "list_groups", arguments: input } };
      return (await client.callTool(execute)).structuredContent as Page;
    },
    cli: async ({ limit, cursor }) => {
      const from = cursor === undefined ? [] : ["--cursor", cursor];
      return (await knotCli(house.daemon.origin, secret, "group", "list", "--limit", `${limit}`, ...from)).body;
    },
  };
  for (const [door, read] of Object.entries(doors)) {
    const seen: string[] = [];
    let page = await read({ limit: 2 });
    for (;;) {
      assert.deepEqual([page.total, page.returned], [names.length, page.groups.length], door);
      seen.push(...page.groups.map(({ name }) => name));
      if (page.next_cursor === null) break;
      page = await read({ limit: 2, cursor: page.next_cursor });
    }
    assert.deepEqual(seen, names, door);
  }
  await client.close();
  const wrong = await house.with(secret).call("list_groups", { cursor: "WyJub3QiLCJvdXJzIiwiYXQiLCJhbGwiXQ" });
  assert.equal(wrong.status, 422);
});

describe("streams that are open", () => {
  const ends = {
    "the token is revoked": (user: { browser: RestDoor }, token: string) => user.browser.ok("revoke_token", { token }),
    "the user is made inactive": (user: { id: string }) =>
      house.admin.browser.ok("update_user", { user: user.id, active: false }),
  };
  for (const [at, [when, end]] of Object.entries(ends).entries()) {
    test(`end by themselves when ${when}`, { timeout: 60_000 }, async () => {
      const user = await house.add(`streamer-${at}`, "member");
      const { id, secret } = await user.token("streams");
      const authorization = `Bearer ${secret}`;
      const session = await beginSession(house.mcpUrl, secret);
      const listen = modernRequest(7, "subscriptions/listen", { notifications: { toolsListChanged: true } });
      const open = [
        await fetch(`${house.daemon.origin}/api/events/stream`, { headers: { authorization } }),
        await fetch(house.mcpUrl, { headers: { ...session, authorization, accept: "text/event-stream" } }),
        await post(house.mcpUrl, listen.body, { token: secret, headers: listen.headers }),
      ];
      for (const { status, headers } of open) {
        assert.deepEqual([status, headers.get("content-type")?.split(";")[0]], [200, "text/event-stream"]);
      }
      const texts = open.map(toTheEnd);
      await end(user, id);
      const [events = ""] = await Promise.all(texts);
      assert.match(events, /^event: open$/m);
      const after = await callModern(house.mcpUrl, secret, 8, "tools/list");
      assert.equal(after.status, 401);
    });
  }
});

/** What a stream said until it ended, with or without a farewell. */
async function toTheEnd(response: Response): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) text += Buffer.from(chunk).toString();
  } catch (thrown) {
    assert.match(String((thrown as Error).cause ?? thrown), /terminated|closed|other side/);
  }
  return text;
}

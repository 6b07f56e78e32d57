import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@modelcontextprotocol/client";
import { connectFirst, connectModern } from "../mcp/fixtures/clients.ts";
import type { ApprovalsTable } from "../store/approvals.ts";
import { openStore } from "../store/store.ts";
import { dataFolder } from "../testkit/daemon.ts";
import { type House, type Inhabitant, reopenHouse, startHouse } from "../testkit/house.ts";
import { needs } from "../testkit/needs.ts";

type Asker = Inhabitant & { readonly name: string; readonly token_id: string; readonly secret: string };

const withoutEngine = ["--server-docker-enabled=never", "--server-podman-enabled=never"];

describe("a call of a token that must ask", needs("process"), () => {
  let house: House;
  let count = 0;
  before(async () => {
    house = await startHouse({ flags: withoutEngine });
  });
  after(() => house?.[Symbol.asyncDispose]());

  /** A member with a running space "dev" and a token whose commands ask. */
  async function asker(): Promise<Asker> {
    const name = `user-${++count}`;
    const user = await house.add(name, "member");
    const { id, secret } = await user.token("client");
    await house.admin.browser.ok("set_approval_policy", askFirst(id, "run_command"));
    await user.browser.ok("create_space", { template: "sandbox", name: "dev" });
    return { ...user, name, token_id: id, secret };
  }

  /** How often the command of `work` has run, as its space remembers. */
  const runs = async ({ browser }: Asker): Promise<number> => {
    const { stdout } = await browser.ok("run_command", { space: "dev", command: "cat runs 2>/dev/null; true" });
    return stdout.split("\n").length - 1;
  };

  const decide = (id: string, verdict: "approve_call" | "deny_call" = "approve_call") =>
    house.admin.browser.call(verdict, { approval: id, reason: "seen" });

  test("comes back to a client of 2026-07-28 by itself once it is approved, and has run once", async () => {
    const ann = await asker();
    const asked: { url: string; message: string }[] = [];
    const client = await connectModern(house.mcpUrl, ann.secret, { capabilities: { elicitation: { url: {} } } });
    client.setRequestHandler("elicitation/create", async ({ params }) => {
      asked.push(params as { url: string; message: string });
      const decided = await decide(
        String((params as { url?: string }).url)
          .split("/")
          .at(-1) as string,
      );
      assert.equal(decided.body.approval.state, "done");
      return { action: "accept" };
    });
    const result = await client.callTool({ name: "run_command", arguments: work });
    await client.close();
    assert.equal(result.isError ?? false, false, JSON.stringify(result));
    assert.deepEqual((result.structuredContent as { stdout: string }).stdout, "worked\n");
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.message ?? "", /Run "echo ran/);
    assert.ok(asked[0]?.url.startsWith(`${house.daemon.origin}/approvals/`));
    assert.equal(await runs(ann), 1);
  });

  test("waits for a decision that comes after its person went on, without asking twice", async () => {
    const ann = await asker();
    let asked = 0;
    const client = await connectModern(house.mcpUrl, ann.secret, { capabilities: { elicitation: { url: {} } } });
    client.setRequestHandler("elicitation/create", () => {
      asked += 1;
      return { action: "accept" };
    });
    const progress = Promise.withResolvers<string>();
    const onprogress = ({ message = "" }) => void (message.startsWith("Waiting") && progress.resolve(message));
    const call = client.callTool({ name: "run_command", arguments: work }, { onprogress });
    const id = /approvals\/([\w-]+)/.exec(await progress.promise)?.[1] as string;
    assert.equal((await decide(id)).status, 200);
    assert.equal(((await call).structuredContent as { stdout: string }).stdout, "worked\n");
    await client.close();
    assert.deepEqual([asked, await runs(ann)], [1, 1]);
  });

  test("is withdrawn when its person declines it in the client, which everybody sees", async () => {
    const ann = await asker();
    const client = await connectModern(house.mcpUrl, ann.secret, { capabilities: { elicitation: { url: {} } } });
    client.setRequestHandler("elicitation/create", () => ({ action: "decline" }));
    const { structuredContent } = await client.callTool({ name: "run_command", arguments: work });
    await client.close();
    const told = structuredContent as { code: string; approval: { id: string } };
    assert.equal(told.code, "declined");
    const { approval } = await house.admin.browser.ok("get_approval", { approval: told.approval.id });
    assert.deepEqual([approval.state, approval.decided_by], ["withdrawn", ann.name]);
    assert.match(approval.reason, /^Declined by who asked in test-client 1.2.3\.$/);
    const late = await decide(approval.id);
    assert.deepEqual([late.status, late.body.code], [409, "conflict"]);
    assert.equal(await runs(ann), 0);
    const { entries } = await house.admin.browser.ok("list_audit_entries", { user: ann.name, outcome: "denied" });
    assert.deepEqual([entries[0].operation, entries[0].problem_code], ["run_command", "declined"]);
  });

  test("is told to a client of 2025, which gets the result when it calls again, and the next call asks anew", async () => {
    const ann = await asker();
    const client = (await connectFirst(house.mcpUrl, ann.secret)) as unknown as Client;
    const call = () => client.callTool({ name: "run_command", arguments: work });
    const first = await call();
    const { id, state } = approvalOf(first);
    assert.equal(state, "pending");
    assert.ok(JSON.stringify(first.content).includes(`${house.daemon.origin}/approvals/${id}`));
    assert.equal(await runs(ann), 0);

    const again = call();
    assert.equal((await decide(id)).body.approval.state, "done");
    assert.equal(await runs(ann), 1);
    assert.equal(((await again).structuredContent as { stdout: string }).stdout, "worked\n");
    assert.equal(await runs(ann), 1);
    assert.notEqual(approvalOf(await call()).id, id);
    await client.close();
    assert.equal(await runs(ann), 1);
  });

  test("does not run when it was denied, and its caller hears why", async () => {
    const ann = await asker();
    const id = await askOverRest(house, ann);
    assert.equal((await decide(id, "deny_call")).body.approval.state, "denied");
    const { status, body } = await house.with(ann.secret).call("run_command", work);
    assert.deepEqual([status, body.code], [403, "declined"]);
    assert.match(body.detail, /admin denied this call. Reason: seen/);
    assert.equal(await runs(ann), 0);
  });

  test("fails when its user lost the permission in between", async () => {
    const ann = await asker();
    const id = await askOverRest(house, ann);
    await house.admin.browser.ok("update_user", { user: ann.id, role_ids: ["viewer"] });
    const { approval } = (await decide(id)).body;
    assert.deepEqual([approval.state, approval.problem.code], ["failed", "forbidden"]);
    await house.admin.browser.ok("update_user", { user: ann.id, role_ids: ["member"] });
    assert.equal(await runs(ann), 0);
  });

  test("fails when its space was deleted in between", async () => {
    const ann = await asker();
    const id = await askOverRest(house, ann);
    await ann.browser.ok("delete_space", { space: "dev", confirm: true });
    const { approval } = (await decide(id)).body;
    assert.deepEqual([approval.state, approval.problem.code], ["failed", "not_found"]);
    const { status, body } = await house.with(ann.secret).call("run_command", work);
    assert.deepEqual([status, body.code, body.approval.id], [404, "not_found", id]);
  });

  test("fails when its token was revoked in between", async () => {
    const ann = await asker();
    const id = await askOverRest(house, ann);
    await ann.browser.ok("revoke_token", { token: ann.token_id });
    const { approval } = (await decide(id)).body;
    assert.deepEqual([approval.state, approval.problem.code], ["failed", "unauthenticated"]);
    assert.equal(await runs(ann), 0);
  });

  test("shows its deciders no secret of a space, whatever the template calls it", async () => {
    const ann = await asker();
    for (const tool of ["create_space", "update_space"]) {
      await house.admin.browser.ok("set_approval_policy", askFirst(ann.token_id, tool));
    }
    await house.admin.browser.ok("create_template", { name: "with-pin", spec: withPin });
    const made = await ann.browser.ok("create_space", {
      ...{ template: "with-pin", name: "locked", start: false },
      parameters: { pin: "canary-0", color: "red" },
    });
    const client = house.with(ann.secret);
    const parameters = { pin: "canary-1", color: "blue" };
    for (const [tool, input] of [
      ["create_space", { template: "with-pin", name: "other", start: false, parameters }],
      ["update_space", { space: made.space.id, parameters }],
    ] as const) {
      const { body } = await client.call(tool, input);
      const seen = await house.admin.browser.ok("get_approval", { approval: body.approval.id });
      assert.deepEqual(seen.approval.arguments.parameters, { pin: "(hidden)", color: "blue" });
      const decided = await decide(body.approval.id);
      assert.equal(decided.body.approval.state, "done", JSON.stringify(decided.body));
      assert.ok(!JSON.stringify([body, seen, decided.body]).includes("canary"));
    }
  });

  test("is decided once, also when two decide at the same moment", async () => {
    const ann = await asker();
    const id = await askOverRest(house, ann);
    const answers = await Promise.all([decide(id), decide(id), decide(id, "deny_call"), decide(id)]);
    const [won, ...others] = answers.toSorted((a, b) => a.status - b.status);
    assert.equal(won?.status, 200);
    const verdict = won?.body.approval.state === "denied" ? "denied" : "approved";
    for (const { status, body } of [...others, await decide(id)]) {
      assert.deepEqual([status, body.code], [409, "conflict"]);
      assert.match(body.detail, new RegExp(`admin has already ${verdict} this call`));
    }
    assert.equal(await runs(ann), verdict === "approved" ? 1 : 0);
  });

  test("is not decided by a model, by the token that made it or one of its making, or by another user", async () => {
    const ann = await asker();
    const id = await askOverRest(house, ann);
    const { secret } = await house.admin.token(`model ${id}`);
    for (const verdict of ["approve_call", "deny_call"] as const) {
      const client = await connectModern(house.mcpUrl, secret);
      const over = { name: verdict, arguments: { approval: id } };
      for (const params of [over, { name: "execute_tool", arguments: over }]) {
        const { isError, content } = await client.callTool(params);
        assert.equal(isError, true, JSON.stringify(content));
        assert.match(JSON.stringify(content), /cannot be approved or denied by a model/);
      }
      await client.close();
      const own = await house.with(ann.secret).call(verdict, { approval: id });
      assert.deepEqual([own.status, own.body.code], [403, "forbidden"]);
      const made = await house.with(ann.secret).ok("create_token", { name: verdict });
      const child = await house.with(made.secret).call(verdict, { approval: id });
      assert.deepEqual([child.status, child.body.code], [403, "forbidden"]);
      const stranger = await (await asker()).browser.call(verdict, { approval: id });
      assert.deepEqual([stranger.status, stranger.body.code], [404, "not_found"]);
    }
    assert.equal((await ann.browser.ok("get_approval", { approval: id })).approval.state, "pending");
    assert.equal(await runs(ann), 0);
  });

  test("may not let itself run unasked", async () => {
    const ann = await asker();
    const auto = { ...askFirst(ann.token_id, "run_command"), mode: "auto" };
    assert.equal((await house.with(ann.secret).call("set_approval_policy", auto)).status, 403);
    const { policies } = await ann.browser.ok("list_approval_policies");
    assert.equal(policies.length, 1);
    for (const { id } of policies) {
      assert.equal((await ann.browser.call("delete_approval_policy", { policy: id })).status, 403);
    }
    await askOverRest(house, ann);
  });
});

describe("a call that waits while the daemon is killed", () => {
  const created = { name: "team" };

  test("still waits after the restart, and runs once when it is approved then", async (t) => {
    const data_dir = dataFolder(t);
    const { id, secret } = await askAndKill(data_dir);
    const house = await reopenHouse({ data_dir, flags: withoutEngine });
    try {
      assert.equal((await house.admin.browser.ok("get_approval", { approval: id })).approval.state, "pending");
      const retry = () => house.with(secret).call("create_group", created);
      assert.equal((await retry()).body.approval.id, id);
      assert.equal((await house.admin.browser.ok("approve_call", { approval: id })).approval.state, "done");
      assert.equal((await retry()).body.group.name, "team");
      const { groups } = await house.admin.browser.ok("list_groups");
      assert.deepEqual(
        groups.map(({ name }: { name: string }) => name),
        ["team"],
      );
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  test("runs after the restart when it was approved before, without another word", { timeout: 120_000 }, async (t) => {
    const data_dir = dataFolder(t);
    const { id, secret } = await askAndKill(data_dir);
    await changeApproval(data_dir, id, { state: "approved", decided_by_name: "admin", decided_at: Date.now() });
    const house = await reopenHouse({ data_dir, flags: withoutEngine });
    try {
      const approval = await untilEnded(house, id);
      assert.equal(approval.state, "done");
      assert.equal((await house.with(secret).call("create_group", created)).body.group.name, "team");
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  test("is not run again when the daemon was killed while it ran", async (t) => {
    const data_dir = dataFolder(t);
    const { id, secret } = await askAndKill(data_dir);
    await changeApproval(data_dir, id, { state: "executing" });
    const house = await reopenHouse({ data_dir, flags: withoutEngine });
    try {
      assert.equal((await house.admin.browser.ok("get_approval", { approval: id })).approval.state, "interrupted");
      const { status, body } = await house.with(secret).call("create_group", created);
      assert.deepEqual([status, body.code], [409, "conflict"]);
      assert.match(body.detail, /outcome is unknown/);
      assert.equal((await house.admin.browser.ok("list_groups")).total, 0);
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  test("can no longer be decided when its time was over meanwhile", async (t) => {
    const data_dir = dataFolder(t);
    const { id, secret } = await askAndKill(data_dir);
    await changeApproval(data_dir, id, { expires_at: Date.now() - 1 });
    const house = await reopenHouse({ data_dir, flags: withoutEngine });
    try {
      const decided = await house.admin.browser.call("approve_call", { approval: id });
      assert.deepEqual([decided.status, decided.body.code], [409, "conflict"]);
      assert.match(decided.body.detail, /expired/);
      assert.equal((await house.admin.browser.ok("get_approval", { approval: id })).approval.state, "expired");
      const again = await house.with(secret).call("create_group", created);
      assert.notEqual(again.body.approval.id, id);
      assert.equal((await house.admin.browser.ok("list_groups")).total, 0);
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });

  /** A daemon that dies while a call of a token waits. */
  async function askAndKill(data_dir: string): Promise<{ id: string; secret: string }> {
    const house = await startHouse({ data_dir, flags: withoutEngine });
    try {
      const { id: token_id, secret } = await house.admin.token("client");
      await house.admin.browser.ok("set_approval_policy", askFirst(token_id, "create_group"));
      const { status, body } = await house.with(secret).call("create_group", created);
      assert.deepEqual([status, body.code], [409, "approval_required"]);
      await house.daemon.kill();
      return { id: body.approval.id, secret };
    } finally {
      await house[Symbol.asyncDispose]();
    }
  }
});

async function untilEnded({ admin }: House, id: string): Promise<{ state: string }> {
  for (;;) {
    const { approval } = await admin.browser.ok("get_approval", { approval: id });
    if (approval.finished_at !== null) return approval;
    await sleep(10);
  }
}

/** What time or a crash at the right moment would have done, while no daemon runs. */
async function changeApproval(data_dir: string, id: string, set: Partial<ApprovalsTable>): Promise<void> {
  const store = await openStore({ kind: "sqlite", path: join(data_dir, "knot.db") });
  try {
    const { numUpdatedRows } = await store.db.updateTable("approvals").set(set).where("id", "=", id).executeTakeFirst();
    assert.equal(numUpdatedRows, 1n);
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

const work = { space: "dev", command: "echo ran >> runs; echo worked" };

const withPin = `runtime: process
image: host
command: [sleep, infinity]
parameters:
  - { name: pin, type: secret }
  - { name: color, type: string, default: blue }
environment:
  PIN: "\${{ .custom.pin }}"
  COLOR: "\${{ .custom.color }}"
`;

const askFirst = (token_id: string, tool: string) => ({ subject: "token", subject_id: token_id, tool, mode: "ask" });

const approvalOf = (result: object): { id: string; state: string } =>
  (result as { structuredContent: { approval: { id: string; state: string } } }).structuredContent.approval;

async function askOverRest(house: House, { secret }: Asker): Promise<string> {
  const { status, body } = await house.with(secret).call("run_command", work);
  assert.deepEqual([status, body.code], [409, "approval_required"]);
  return body.approval.id;
}

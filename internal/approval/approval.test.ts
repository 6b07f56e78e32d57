import assert from "node:assert/strict";
import { test } from "node:test";
import { type Call, createCall } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import {
  admin,
  agent,
  approvalsFor,
  asking,
  person,
  principal,
  problemFrom,
  questionId,
  yes,
} from "../testkit/approvals.ts";

test("lets a call run that no policy asks for", async (t) => {
  const knot = await approvalsFor(t);
  assert.deepEqual(await knot.call({ space: "a" }), { started: 1 });
});

test("tells the caller where to get approval and what to do then", async (t) => {
  const knot = await asking(t);
  const problem = await problemFrom(knot.call({ space: "a" }));
  const { id, ...rest } = problem.extra["approval"] as Record<string, unknown>;
  assert.match(problem.message, new RegExp(`https://knot.example/approvals/${id}.*again with the same arguments`));
  assert.deepEqual(
    [rest["state"], rest["url"], rest["label"]],
    ["pending", `https://knot.example/approvals/${id}`, "Start it"],
  );
  assert.deepEqual(knot.runs, []);
});

test("asks once for the same call and runs it once when approved", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  assert.equal(await questionId(knot.call({ space: "a" })), id);
  assert.notEqual(await questionId(knot.call({ space: "b" })), id);
  const approved = await knot.approvals.approve(person(), yes(id));
  assert.deepEqual([approved.state, approved.output, approved.decided_by], ["done", { started: 1 }, "ann"]);
  assert.deepEqual(await knot.call({ space: "a" }), { started: 1 });
  assert.deepEqual(knot.runs, [{ space: "a" }]);
});

test("asks no more when very many of a user's calls wait, and goes on asking for others", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: 0 }));
  for (let n = 1; n < 100; n += 1) await questionId(knot.call({ space: n }));
  await assert.rejects(knot.call({ space: 100 }), { code: "quota_exceeded", message: /100 of your calls wait/ });
  assert.equal(await questionId(knot.call({ space: 0 })), id);
  await knot.policies.set(admin(), { subject: "everyone", tool: "*", mode: "ask" });
  await questionId(knot.call({ space: 0 }, createCall({ principal: principal({ user_id: "bob" }), door: "mcp" })));
  await knot.approvals.deny(person(), { approval: id });
  await questionId(knot.call({ space: 100 }));
});

test("asks anew once the answer was collected", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  await knot.approvals.approve(person(), yes(id));
  await knot.call({ space: "a" });
  assert.notEqual(await questionId(knot.call({ space: "a" })), id);
  assert.deepEqual(await knot.call({ space: "a" }, agent({ approval_id: id })), { started: 1 });
});

test("gives the same answer to the same idempotency key every time", async (t) => {
  const knot = await asking(t);
  const keyed = () => knot.call({ space: "a" }, agent({ idempotency_key: "k" }));
  const id = await questionId(keyed());
  await knot.approvals.approve(person(), yes(id));
  assert.deepEqual([await keyed(), await keyed()], [{ started: 1 }, { started: 1 }]);
  await assert.rejects(knot.call({ space: "b" }, agent({ idempotency_key: "k" })), { code: "conflict" });
});

test("ignores an approval that belongs to another call or another user", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  await knot.approvals.approve(person(), yes(id));
  assert.notEqual(await questionId(knot.call({ space: "b" }, agent({ approval_id: id }))), id);
  await knot.policies.set(admin(), { subject: "everyone", tool: "*", mode: "ask" });
  const other = createCall({ principal: principal({ user_id: "bob" }), door: "mcp", approval_id: id });
  assert.notEqual(await questionId(knot.call({ space: "a" }, other)), id);
});

test("tells the caller who denied it and why, then asks anew", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  await knot.approvals.deny(person(), { approval: id, reason: "not today" });
  await assert.rejects(knot.call({ space: "a" }), { code: "declined", message: /ann denied.*not today/ });
  assert.notEqual(await questionId(knot.call({ space: "a" })), id);
  assert.deepEqual(knot.runs, []);
});

test("lets one of two deciders win and names the winner", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  const decisions = await Promise.allSettled([
    knot.approvals.approve(person(), yes(id)),
    knot.approvals.approve(admin(), yes(id)),
    knot.approvals.approve(person(), yes(id)),
  ]);
  const lost = decisions.filter((decision) => decision.status === "rejected").map(({ reason }) => reason as Problem);
  assert.deepEqual(
    lost.map(({ code }) => code),
    ["conflict", "conflict"],
  );
  assert.match(lost[0]?.message ?? "", /(ann|root) has already approved/);
  assert.equal(knot.runs.length, 1);
});

test("refuses a model, the calling token, a stranger, and who may not decide", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  const decide = (call: Call) => knot.approvals.approve(call, yes(id));
  await assert.rejects(decide(agent()), { code: "forbidden", message: /by a model/ });
  const rest = (parts: Partial<Principal>) => createCall({ principal: principal(parts), door: "rest" });
  await assert.rejects(decide(rest({})), {
    code: "forbidden",
    message: /token that made a call.* in the web, at \S+, or with a token that was made separately/,
  });
  await assert.rejects(decide(person({ may: [] })), { code: "forbidden", message: /approvals.decide/ });
  await assert.rejects(decide(person({ user_id: "eve" })), { code: "not_found" });
  await assert.rejects(knot.approvals.get(person({ user_id: "eve" }), id), { code: "not_found" });
  assert.equal((await decide(rest({ credential: { kind: "token", id: "t2", name: "phone" } }))).state, "done");
});

for (const [asker, decider, allowed] of [
  [["t0"], ["t0", "t1"], false],
  [["t0", "t1"], ["t0"], false],
  [["t0", "t1", "t2"], ["t0"], false],
  [["t0", "t1"], ["t0", "t2"], false],
  [["t0", "t1"], ["t9"], true],
  [["t0"], ["t9", "t8"], true],
] as const) {
  test(`${allowed ? "lets" : "refuses"} ${decider.join(">")} decide what ${asker.join(">")} asked`, async (t) => {
    const knot = await asking(t);
    const by = (lineage: readonly string[], door: "mcp" | "rest") => {
      const credential = { kind: "token", id: lineage.at(-1) as string, name: "agent", lineage } as const;
      return createCall({ principal: principal({ credential }), door });
    };
    const id = await questionId(knot.call({ space: "a" }, by(asker, "mcp")));
    const decided = knot.approvals.approve(by(decider, "rest"), yes(id));
    if (allowed) assert.equal((await decided).state, "done");
    else await assert.rejects(decided, { code: "forbidden", message: /same origin/ });
    assert.equal(knot.runs.length, allowed ? 1 : 0);
  });
}

test("keeps the problem of the call for its caller", async (t) => {
  const knot = await asking(t, {
    run: async () => {
      throw new Problem("quota_exceeded", "No more.", { extra: { limit: 3 } });
    },
  });
  const id = await questionId(knot.call({ space: "a" }));
  const approved = await knot.approvals.approve(person(), yes(id));
  assert.deepEqual([approved.state, approved.problem?.["code"]], ["failed", "quota_exceeded"]);
  await assert.rejects(knot.call({ space: "a" }), { code: "quota_exceeded", message: "No more." });
});

test("checks permission again when it runs", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  knot.rights([]);
  const approved = await knot.approvals.approve(person(), yes(id));
  assert.deepEqual([approved.state, approved.problem?.["code"], knot.runs], ["failed", "forbidden", []]);
});

test("does not run a tool that changed since or is gone", async (t) => {
  const knot = await asking(t);
  const changed = await questionId(knot.call({ space: "a" }));
  const gone = await questionId(knot.call({ space: "b" }));
  knot.tools.set("start_space", { ...knot.capability, schema_hash: "v2" });
  assert.match(String((await knot.approvals.approve(person(), yes(changed))).problem?.["detail"]), /changed since/);
  knot.tools.clear();
  assert.match(String((await knot.approvals.approve(person(), yes(gone))).problem?.["detail"]), /not there any more/);
  assert.deepEqual(knot.runs, []);
});

test("wakes those who wait, and lets go of those who leave", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  const leaving = new AbortController();
  const left = knot.approvals.waitFor(id, leaving.signal);
  const waiting = knot.approvals.waitFor(id, new AbortController().signal);
  leaving.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  await knot.approvals.approve(person(), yes(id));
  assert.equal(await waiting, "done");
});

test("tells those who wait where it stands, and how far the call is", async (t) => {
  const release = Promise.withResolvers<void>();
  const knot = await asking(t, {
    run: async ({ report }) => {
      report({ message: "half way", percent: 50 });
      await release.promise;
    },
  });
  const id = await questionId(knot.call({ space: "a" }));
  const heard: string[] = [];
  const asked = Promise.withResolvers<void>();
  const waiting = knot.approvals.waitFor(id, new AbortController().signal, (state, progress) => {
    heard.push(progress?.message ?? state);
    asked.resolve();
    if (progress !== undefined) release.resolve();
  });
  await asked.promise;
  await knot.approvals.approve(person(), yes(id));
  assert.equal(await waiting, "done");
  assert.equal(heard[0], "pending");
  assert.ok(heard.includes("half way"), heard.join());
});

test("returns before the call has ended when the decider does not wait", async (t) => {
  const release = Promise.withResolvers<void>();
  const knot = await asking(t, { run: () => release.promise });
  const id = await questionId(knot.call({ space: "a" }));
  const approved = await knot.approvals.approve(person(), { approval: id, wait_seconds: 0 });
  assert.ok(["approved", "executing"].includes(approved.state), approved.state);
  await assert.rejects(knot.call({ space: "a" }), { code: "approval_required", message: /is running/ });
  release.resolve();
  assert.equal(await knot.approvals.waitFor(id, new AbortController().signal), "done");
});

test("seals arguments and results, and hides secrets from deciders", async (t) => {
  const knot = await asking(t, { run: async () => ({ token: "canary-out" }) });
  const input = { space: "a", nested: [{ api_token: "canary-in" }] };
  const id = await questionId(knot.call(input));
  const shown = await knot.approvals.approve(person(), yes(id));
  const rows = await knot.store.db.selectFrom("approvals").selectAll().execute();
  assert.ok(!JSON.stringify([shown, rows]).includes("canary"));
  assert.deepEqual(shown.arguments, { space: "a", nested: [{ api_token: "(hidden)" }] });
  assert.equal((await knot.approvals.get(admin(), id)).output, null);
  assert.deepEqual(await knot.call(input), { token: "canary-out" });
});

test("hides what the tool says is secret, although its name does not say so", async (t) => {
  const knot = await asking(t, { secrets: ["/parameters/pin", "/list/1", "/odd~1na~0me"] });
  const input = { parameters: { pin: "canary", color: "blue" }, list: ["a", "canary"], "odd/na~me": "canary", pin: 1 };
  const id = await questionId(knot.call(input));
  const shown = await knot.approvals.get(admin(), id);
  const hidden = "(hidden)";
  const parameters = { pin: hidden, color: "blue" };
  assert.deepEqual(shown.arguments, { parameters, list: ["a", hidden], "odd/na~me": hidden, pin: 1 });
  await knot.approvals.approve(person(), yes(id));
  assert.deepEqual(knot.runs, [input]);
});

test("lists one's own, and everybody's for who manages approvals", async (t) => {
  const knot = await asking(t);
  await questionId(knot.call({ space: "a" }));
  const list = async (call: Call) => (await knot.approvals.list(call, { limit: 10, mine: false })).total;
  assert.deepEqual([await list(person()), await list(admin()), await list(person({ user_id: "eve" }))], [1, 1, 0]);
});

test("tells of the question, the decision and the end", async (t) => {
  const knot = await asking(t);
  const heard: string[] = [];
  knot.store.onEvents((events) => {
    for (const event of events) heard.push(`${event.type} ${event.data["state"]} ${event.user_id}`);
  });
  const id = await questionId(knot.call({ space: "a" }));
  await knot.approvals.approve(person(), yes(id));
  assert.deepEqual(heard, [
    "approval.pending pending ann",
    "approval.decided approved ann",
    "approval.executed done ann",
  ]);
});

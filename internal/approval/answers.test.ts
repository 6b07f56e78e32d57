import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../operation/call.ts";
import type { Problem } from "../problem/problem.ts";
import { agent, asking, person, problemFrom, questionId, yes } from "../testkit/approvals.ts";

test("ends a question that nobody decided in time, and asks anew", async (t) => {
  let now = 1_000;
  const knot = await asking(t, { now: () => now });
  const id = await questionId(knot.call({ space: "a" }));
  const keyed = () => knot.call({ space: "b" }, agent({ idempotency_key: "k" }));
  await questionId(keyed());
  now += 24 * 3_600_000;
  await assert.rejects(knot.approvals.approve(person(), yes(id)), { code: "conflict", message: /expired/ });
  await assert.rejects(knot.call({ space: "a" }, agent({ approval_id: id })), { code: "declined", message: /expired/ });
  assert.notEqual(await questionId(knot.call({ space: "a" })), id);
  await assert.rejects(keyed(), { code: "declined", message: /expired/ });
});

const minutes = 60_000;
for (const [verdict, life] of [
  ["approve", 60 * minutes],
  ["deny", 10 * minutes],
] as const) {
  test(`gives what came of "${verdict}" to the next equal call for a while only, and to who names it for longer`, async (t) => {
    let now = 1_000;
    const knot = await asking(t, { now: () => now });
    const outcome = (call?: Call) =>
      knot.call({ space: "a" }, call).then(
        () => "ok",
        ({ code }: Problem) => code,
      );
    const came = { approve: "ok", deny: "declined" }[verdict];
    const decided = async (call?: Call) => {
      const id = await questionId(knot.call({ space: "a" }, call));
      await knot.approvals[verdict](person(), yes(id));
      return id;
    };
    await decided();
    now += life - 1;
    assert.equal(await outcome(), came);
    const id = await decided();
    await decided(agent({ idempotency_key: "k" }));
    now += life;
    assert.equal(await outcome(), "approval_required");
    assert.equal(await outcome(agent({ approval_id: id })), came);
    assert.equal(await outcome(agent({ idempotency_key: "k" })), came);
    assert.equal(knot.runs.length, verdict === "approve" ? 3 : 0);
  });
}

test("withdraws the question when the caller's own person says no, and asks the next such call anew", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  const no = agent({ approval_id: id, declined: true, client: "editor 1.0" });
  const problem = await problemFrom(knot.call({ space: "a" }, no));
  assert.deepEqual([problem.code, (problem.extra["approval"] as { state: string }).state], ["declined", "withdrawn"]);
  assert.match(problem.message, /Declined by who asked in editor 1.0.*not try it again/);
  const shown = await knot.approvals.get(person(), id);
  assert.deepEqual([shown.state, shown.decided_by], ["withdrawn", "ann"]);
  await assert.rejects(knot.approvals.approve(person(), yes(id)), { code: "conflict", message: /withdrawn/ });
  assert.notEqual(await questionId(knot.call({ space: "a" })), id);
  assert.deepEqual(knot.runs, []);
});

test("makes no call that its person declined, whatever became of the question", async (t) => {
  const knot = await asking(t);
  const declined = (approval_id: string) => knot.call({ space: "a" }, agent({ approval_id, declined: true }));
  await assert.rejects(declined("unknown"), { code: "declined" });
  const [policy] = (await knot.policies.list(person(), { limit: 100 })).policies;
  const id = await questionId(knot.call({ space: "a" }));
  await knot.policies.delete(person(), policy?.id as string);
  await assert.rejects(declined(id), { code: "declined" });
  assert.deepEqual(knot.runs, []);
  await knot.policies.set(person(), { subject: "user", tool: "*", mode: "ask" });
  const approved = await questionId(knot.call({ space: "a" }));
  await knot.approvals.approve(person(), yes(approved));
  assert.deepEqual(await declined(approved), { started: 1 }, "it has run already, which the caller has to know");
});

test("asks anew when the tool has changed while the question was open", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  Object.assign(knot.capability, { schema_hash: "v2" });
  const again = await questionId(knot.call({ space: "a" }));
  assert.notEqual(again, id);
  const { state, reason } = await knot.approvals.get(person(), id);
  assert.deepEqual([state, reason], ["withdrawn", "The tool changed since the question was asked."]);
  const late = knot.call({ space: "a" }, agent({ approval_id: id }));
  await assert.rejects(late, { code: "declined", message: /withdrawn.*The tool changed.*Call again/ });
  assert.equal((await knot.approvals.approve(person(), yes(again))).state, "done");
  assert.equal(knot.runs.length, 1);
});

test("does not run twice what a lost answer is asked for again when nothing asks any more", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  await knot.approvals.approve(person(), yes(id));
  await knot.call({ space: "a" }, agent({ approval_id: id }));
  const [policy] = (await knot.policies.list(person(), { limit: 100 })).policies;
  await knot.policies.delete(person(), policy?.id as string);
  await knot.approvals.sweep();
  assert.deepEqual(await knot.call({ space: "a" }, agent({ approval_id: id })), { started: 1 });
  assert.equal(knot.runs.length, 1);
});

test("withdraws the question when the policy no longer asks", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  const [policy] = (await knot.policies.list(person(), { limit: 100 })).policies;
  await knot.policies.delete(person(), policy?.id as string);
  assert.deepEqual(await knot.call({ space: "a" }), { started: 1 });
  await assert.rejects(knot.approvals.approve(person(), yes(id)), { code: "conflict" });
  assert.equal(knot.runs.length, 1);
});

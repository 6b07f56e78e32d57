import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../operation/call.ts";
import type { Problem } from "../problem/problem.ts";
import { approvalsFor, asking, person, questionId } from "../testkit/approvals.ts";
import { memoryStore } from "../testkit/store.ts";
import type { ApprovalStore } from "./approval-store.ts";

for (const [after, state, runs, retry] of [
  ["add", "pending", 0, "approval_required"],
  ["approved", "done", 1, "ok"],
  ["executing", "interrupted", 0, "conflict"],
  ["done", "done", 1, "ok"],
] as const) {
  test(`recovers from a crash right after the commit of "${after}"`, async (t) => {
    const store = await memoryStore(t);
    const crashed = await asking(t, { store, approvalStore: (inner) => dyingAfter(inner, after) });
    await crashed.call({ space: "a" }).catch(() => {});
    const [row] = await store.db.selectFrom("approvals").selectAll().execute();
    const id = row?.id as string;
    if (after !== "add") await crashed.approvals.approve(person(), { approval: id, wait_seconds: 0 }).catch(() => {});
    await new Promise(setImmediate);

    const knot = await approvalsFor(t, { store });
    await knot.approvals.recover();
    if (state !== "pending") await knot.approvals.waitFor(id, AbortSignal.timeout(5000));
    const latest = await knot.approvals.get(person(), id);
    assert.equal(latest.state, state);
    assert.equal(crashed.runs.length + knot.runs.length, runs);
    const outcome = await knot.call({ space: "a" }).then(
      () => "ok",
      (problem: Problem) => problem.code,
    );
    assert.equal(outcome, retry);
    assert.equal(crashed.runs.length + knot.runs.length, runs);
  });
}

test("does not run again a call that was running when the daemon died", async (t) => {
  const store = await memoryStore(t);
  const crashed = await asking(t, { store, run: untilAborted });
  const id = await questionId(crashed.call({ space: "a" }));
  await crashed.approvals.approve(person(), { approval: id, wait_seconds: 0 });
  await new Promise(setImmediate);
  const knot = await approvalsFor(t, { store });
  await knot.approvals.recover();
  await assert.rejects(knot.call({ space: "a" }), { code: "conflict", message: /outcome is unknown/ });
  assert.deepEqual([crashed.runs.length, knot.runs.length], [1, 0]);
  assert.notEqual(await questionId(knot.call({ space: "a" })), id);
});

const untilAborted = ({ signal }: Call) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A store whose process is gone once it has committed a step: nothing it does afterwards happens. */
function dyingAfter(inner: ApprovalStore, step: string): ApprovalStore {
  let dead = false;
  return new Proxy(inner, {
    get(target, name: keyof ApprovalStore) {
      return async (...args: unknown[]) => {
        if (dead) throw new Error("crashed");
        const method = target[name] as (...args: unknown[]) => Promise<unknown>;
        const result = await method.apply(target, args);
        const set = (args[1] as { set?: { state?: string } } | undefined)?.set;
        dead = name === step || set?.state === step;
        if (dead) throw new Error("crashed");
        return result;
      };
    },
  });
}

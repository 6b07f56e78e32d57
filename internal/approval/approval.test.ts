import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Call, createCall } from "../operation/call.ts";
import type { Permission } from "../operation/permission.ts";
import type { Principal } from "../operation/principal.ts";
import { type Capability, Waist } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import { Vault } from "../secret/secret.ts";
import { SqlApprovalPolicies, SqlApprovals } from "../store/approvals.ts";
import type { Store } from "../store/store.ts";
import { memoryStore } from "../testkit/store.ts";
import { Approvals } from "./approval.ts";
import { ApprovalPolicies } from "./approval-policies.ts";
import type { ApprovalStore } from "./approval-store.ts";

const allowed: Permission[] = ["spaces.use", "approvals.decide", "mcp.use"];

const principal = (parts: Partial<Principal> & { may?: Permission[] } = {}): Principal => ({
  user_id: "ann",
  username: "ann",
  group_ids: [],
  permissions: new Set(parts.may ?? allowed),
  scopes: new Set(["api", "mcp"]),
  credential: { kind: "token", id: "t1", name: "agent" },
  ...parts,
});

const session = { kind: "session", id: "s1", name: "browser" } as const;
const agent = (parts: Partial<Call> = {}) => createCall({ principal: principal(), door: "mcp", ...parts });
const person = (parts: Partial<Principal> & { may?: Permission[] } = {}) =>
  createCall({ principal: principal({ credential: session, ...parts }), door: "web" });

const admin = () => person({ user_id: "root", username: "root", may: ["approvals.manage"] });

/** Everything of a daemon that approvals touch; `reboot` makes a second one over the same database. */
async function daemon(
  t: TestContext,
  parts: {
    store?: Store;
    run?: (call: Call, input: unknown) => Promise<unknown>;
    approvalStore?: (inner: ApprovalStore) => ApprovalStore;
    now?: () => number;
  } = {},
) {
  const store = parts.store ?? (await memoryStore(t));
  const runs: unknown[] = [];
  let rights = allowed;
  const capability = {
    name: "start_space",
    title: "Start space",
    effect: "write" as const,
    permission: "spaces.use" as const,
    origin: "knot",
    asks: true,
    schema_hash: "v1",
    parse: (raw: unknown) => raw,
    label: () => "Start it",
    run: async (call: Call, input: unknown) => {
      runs.push(input);
      return parts.run === undefined ? { started: runs.length } : parts.run(call, input);
    },
  } satisfies Capability;
  const tools = new Map<string, Capability>([[capability.name, capability]]);
  const inner = new SqlApprovals(store);
  const policies = new ApprovalPolicies({
    store: new SqlApprovalPolicies(store),
    subjects: {
      find: async (_subject, ref) => (ref === "t1" ? { id: "t1", name: "agent", user_id: "ann" } : null),
    },
  });
  const approvals: Approvals = new Approvals({
    store: parts.approvalStore?.(inner) ?? inner,
    policies,
    vault: new Vault(Buffer.alloc(32)),
    now: parts.now,
    publicUrl: "https://knot.example",
    calls: {
      revive: async (user_id, credential) => principal({ user_id, credential, may: rights }),
      find: (name) => tools.get(name),
      pass: (found, input, call) => waist.pass(found, input, call, true),
    },
  });
  const waist = new Waist({
    audit: { record: async () => {} },
    approvals,
    idempotency: { once: async (_capability, _key, _input, _call, run) => run() },
    onInternal: () => {},
  });
  t.after(() => approvals[Symbol.asyncDispose]());
  return {
    store,
    approvals,
    policies,
    runs,
    tools,
    capability,
    rights: (next: Permission[]) => {
      rights = next;
    },
    call: (input: unknown, call = agent()) => waist.pass(capability, input, call),
  };
}

async function asking(t: TestContext, parts: Parameters<typeof daemon>[1] = {}) {
  const knot = await daemon(t, parts);
  await knot.policies.set(person(), { subject: "user", tool: "*", mode: "ask" });
  return knot;
}

const problemFrom = (ask: Promise<unknown>): Promise<Problem> =>
  ask.then(
    () => assert.fail("the call was not held"),
    (thrown) => thrown,
  );

async function questionId(ask: Promise<unknown>): Promise<string> {
  const problem = await problemFrom(ask);
  assert.equal(problem.code, "approval_required", problem.message);
  return (problem.extra["approval"] as { id: string }).id;
}

const yes = (approval: string) => ({ approval, wait_seconds: 30 });

test("lets a call run that no policy asks for", async (t) => {
  const knot = await daemon(t);
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
  assert.equal((await knot.approvals.approve(person(), yes(gone))).state, "failed");
  assert.deepEqual(knot.runs, []);
});

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
  const [policy] = (await knot.policies.list(person())).policies;
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
  assert.equal((await knot.approvals.approve(person(), yes(again))).state, "done");
  assert.equal(knot.runs.length, 1);
});

test("does not run twice what a lost answer is asked for again when nothing asks any more", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  await knot.approvals.approve(person(), yes(id));
  await knot.call({ space: "a" }, agent({ approval_id: id }));
  const [policy] = (await knot.policies.list(person())).policies;
  await knot.policies.delete(person(), policy?.id as string);
  await knot.approvals.sweep();
  assert.deepEqual(await knot.call({ space: "a" }, agent({ approval_id: id })), { started: 1 });
  assert.equal(knot.runs.length, 1);
});

test("withdraws the question when the policy no longer asks", async (t) => {
  const knot = await asking(t);
  const id = await questionId(knot.call({ space: "a" }));
  const [policy] = (await knot.policies.list(person())).policies;
  await knot.policies.delete(person(), policy?.id as string);
  assert.deepEqual(await knot.call({ space: "a" }), { started: 1 });
  await assert.rejects(knot.approvals.approve(person(), yes(id)), { code: "conflict" });
  assert.equal(knot.runs.length, 1);
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

    const knot = await daemon(t, { store });
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
  const knot = await daemon(t, { store });
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

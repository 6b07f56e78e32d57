import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { StoredApproval, StoredPolicy } from "../approval/approval-store.ts";
import type { NewEvent } from "../event/schema.ts";
import { encodeCursor } from "../operation/page.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlApprovalPolicies, SqlApprovals } from "./approvals.ts";

const approval = (parts: Partial<StoredApproval> = {}): StoredApproval => ({
  id: randomUUID(),
  user_id: "ann",
  username: "ann",
  credential_kind: "token",
  credential_id: "t1",
  credential_name: "laptop",
  credential_root: "t0",
  door: "mcp",
  client: "x",
  ip: "",
  call_id: randomUUID(),
  tool: "start_space",
  origin: "knot",
  label: "Start it",
  effect: "write",
  arguments: "sealed",
  secret_fields: null,
  args_hash: "a",
  schema_hash: "s",
  idempotency_key: null,
  open_key: randomUUID(),
  state: "pending",
  created_at: 1000,
  expires_at: 2000,
  decided_by: null,
  decided_by_name: null,
  decided_at: null,
  reason: null,
  finished_at: null,
  output: null,
  problem: null,
  collected_at: null,
  ...parts,
});

const event = (subject_id: string): NewEvent => ({
  type: "approval.pending",
  subject_kind: "approval",
  subject_id,
  user_id: "ann",
  message: "",
  data: {},
});

const policy = (parts: Partial<StoredPolicy> = {}): StoredPolicy => ({
  id: randomUUID(),
  subject: "user",
  subject_id: "ann",
  subject_name: "ann",
  user_id: "ann",
  tool: "*",
  mode: "ask",
  set_by: "owner",
  created_by: "ann",
  created_at: 1,
  ...parts,
});

storeTest("gives back every field of an approval", async (_t, store) => {
  const approvals = new SqlApprovals(store);
  const row = approval({ idempotency_key: "k", decided_at: 5, reason: "because" });
  assert.deepEqual(await approvals.add(row, event(row.id)), { added: true, approval: row });
  assert.deepEqual(await approvals.get(row.id), row);
  assert.deepEqual(await approvals.findOpen(row.open_key as string), row);
});

storeTest("keeps one open row per key, and announces only that one", async (_t, store) => {
  const approvals = new SqlApprovals(store);
  let announced = 0;
  store.onEvents((events) => {
    announced += events.length;
  });
  const rows = Array.from({ length: 5 }, () => approval({ open_key: "same" }));
  const added = await Promise.all(rows.map((row) => approvals.add(row, event(row.id))));
  assert.equal(added.filter((answer) => answer.added).length, 1);
  assert.equal(new Set(added.map((answer) => answer.approval.id)).size, 1);
  assert.equal(announced, 1);
});

storeTest("lets one of several deciders win", async (_t, store) => {
  const approvals = new SqlApprovals(store);
  const row = approval();
  await approvals.add(row, event(row.id));
  const decided = await Promise.all(
    ["approved", "denied", "approved"].map((state) =>
      approvals.change(row.id, { from: ["pending"], set: { state: state as "denied" } }),
    ),
  );
  assert.equal(decided.filter((answer) => answer !== null).length, 1);
});

storeTest("refuses a change of what has expired", async (_t, store) => {
  const approvals = new SqlApprovals(store);
  const row = approval({ expires_at: 2000 });
  await approvals.add(row, event(row.id));
  const set = { state: "approved" } as const;
  assert.equal(await approvals.change(row.id, { from: ["pending"], set, unexpired_at: 2000 }), null);
  assert.deepEqual(
    (await approvals.overdue(2000)).map(({ id }) => id),
    [row.id],
  );
  assert.equal((await approvals.change(row.id, { from: ["pending"], set, unexpired_at: 1999 }))?.state, "approved");
  assert.deepEqual(await approvals.overdue(2000), []);
});

storeTest("lists newest first, by user and state, page after page", async (_t, store) => {
  const approvals = new SqlApprovals(store);
  for (let at = 1; at <= 5; at++) {
    const row = approval({ created_at: Math.ceil(at / 2), user_id: at === 5 ? "bob" : "ann" });
    await approvals.add(row, event(row.id));
  }
  const first = await approvals.list({ user_id: "ann", state: "pending" }, { limit: 3 });
  assert.deepEqual([first.items.length, first.total], [3, 4]);
  const cursor = encodeCursor(first.next as string[]);
  const second = await approvals.list({ user_id: "ann" }, { limit: 3, cursor });
  assert.deepEqual([second.items.length, second.next], [1, null]);
  const all = [...first.items, ...second.items];
  assert.equal(new Set(all.map(({ id }) => id)).size, 4);
  assert.deepEqual(
    all.map(({ created_at }) => created_at),
    [2, 2, 1, 1],
  );
  assert.equal((await approvals.list({ state: "done" }, { limit: 3 })).total, 0);
});

storeTest("releases and prunes only what has ended", async (_t, store) => {
  const approvals = new SqlApprovals(store);
  const open = approval({ open_key: "open" });
  const over = approval({ open_key: "over", state: "done", user_id: "bob" });
  for (const row of [open, over]) await approvals.add(row, event(row.id));
  assert.deepEqual([...(await approvals.usersWithOpen())].sort(), ["ann", "bob"]);
  await approvals.release(2001);
  assert.deepEqual(await approvals.usersWithOpen(), ["ann"]);
  assert.equal(await approvals.prune(1001), 1);
  assert.deepEqual([await approvals.get(over.id), (await approvals.get(open.id))?.state], [null, "pending"]);
});

storeTest("replaces the mode of a policy but keeps an admin's beside one's own", async (_t, store) => {
  const policies = new SqlApprovalPolicies(store);
  const own = await policies.put(policy({ created_at: 1 }));
  const admin = await policies.put(policy({ set_by: "admin", created_at: 2 }));
  const again = await policies.put(policy({ mode: "auto", created_at: 3 }));
  assert.deepEqual([again.id, again.mode], [own.id, "auto"]);
  assert.deepEqual(
    (await policies.all()).map(({ id }) => id),
    [admin.id, own.id],
  );
  assert.deepEqual([await policies.delete(own.id), await policies.delete(own.id)], [true, false]);
});

import assert from "node:assert/strict";
import { chained } from "../audit/chain.ts";
import type { AuditRow } from "../audit/schema.ts";
import { encodeCursor } from "../operation/page.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlAudit } from "./audit.ts";

const row = (parts: Partial<AuditRow> = {}): AuditRow => ({
  at: 1000,
  call_id: "c",
  user_id: "u1",
  username: "ann",
  credential_kind: null,
  credential_id: null,
  credential_name: null,
  door: "mcp",
  client: "",
  ip: "",
  operation: "start_space",
  origin: "knot",
  effect: "write",
  label: "Start it",
  outcome: "ok",
  problem_code: null,
  duration_ms: 3,
  ...parts,
});

storeTest("appends behind the head, also when several append at once", async (_t, store) => {
  const audit = new SqlAudit(store);
  await Promise.all(Array.from({ length: 8 }, (_, at) => audit.append([row({ at }), row({ at })], chained)));
  const entries = await audit.after(0, 100);
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
  const { head, anchor } = await audit.chain();
  assert.deepEqual(
    [head, anchor],
    [
      { seq: 16, hash: entries.at(-1)?.hash },
      { seq: 0, hash: "" },
    ],
  );
});

storeTest("appends more rows than fit one statement", async (_t, store) => {
  const audit = new SqlAudit(store);
  await audit.append(
    Array.from({ length: 1201 }, () => row()),
    chained,
  );
  assert.equal((await audit.chain()).head.seq, 1201);
});

storeTest("gives back every field", async (_t, store) => {
  const audit = new SqlAudit(store);
  const full = row({ credential_kind: "token", credential_id: "t", credential_name: "n", problem_code: "conflict" });
  await audit.append([full], chained);
  const [{ seq, hash, ...rest } = { seq: 0, hash: "" }] = await audit.after(0, 1);
  assert.deepEqual(rest, full);
  assert.deepEqual([seq, hash.length], [1, 64]);
});

storeTest("filters and pages newest first", async (_t, store) => {
  const audit = new SqlAudit(store);
  await audit.append(
    [
      row({ at: 1 }),
      row({ at: 2, username: "bob", user_id: "u2" }),
      row({ at: 3, outcome: "denied" }),
      row({ at: 4, operation: "login", door: "web" }),
    ],
    chained,
  );
  const seqs = async (filter: Parameters<SqlAudit["list"]>[0]) =>
    (await audit.list(filter, { limit: 10 })).items.map(({ seq }) => seq);
  assert.deepEqual(await seqs({}), [4, 3, 2, 1]);
  assert.deepEqual(await seqs({ user: "u1" }), [4, 3, 1]);
  assert.deepEqual(await seqs({ user: "bob" }), [2]);
  assert.deepEqual(await seqs({ operation: "login", door: "web" }), [4]);
  assert.deepEqual(await seqs({ outcome: "denied" }), [3]);
  assert.deepEqual(await seqs({ since: 2, until: 4 }), [3, 2]);
  const first = await audit.list({ user: "ann" }, { limit: 2 });
  const second = await audit.list({ user: "ann" }, { limit: 2, cursor: encodeCursor(first.next as string[]) });
  assert.deepEqual([first.total, second.items.map(({ seq }) => seq), second.next], [3, [1], null]);
});

storeTest("prunes the oldest in steps and never behind a younger entry", async (_t, store) => {
  const audit = new SqlAudit(store);
  await audit.append(
    [1, 2, 9, 3, 4].map((at) => row({ at })),
    chained,
  );
  const [, second] = await audit.after(0, 2);
  assert.deepEqual([await audit.prune(5, 1), await audit.prune(5, 10), await audit.prune(5, 10)], [1, 1, 0]);
  assert.deepEqual((await audit.chain()).anchor, { seq: 2, hash: second?.hash });
  assert.deepEqual(
    (await audit.after(0, 10)).map(({ at }) => at),
    [9, 3, 4],
  );
});

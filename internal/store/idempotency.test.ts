import assert from "node:assert/strict";
import type { IdempotencyRow } from "../idempotency/idempotency-store.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlIdempotency } from "./idempotency.ts";

const row = (parts: Partial<IdempotencyRow> = {}): IdempotencyRow => ({
  user_id: "ann",
  operation: "create_space",
  key: "k",
  input_hash: "h",
  state: "running",
  boot_id: "b1",
  output: null,
  created_at: 1000,
  ...parts,
});

storeTest("lets one of many claim a key and shows the others the row", async (_t, store) => {
  const keys = new SqlIdempotency(store);
  const claims = await Promise.all(Array.from({ length: 10 }, () => keys.claim(row())));
  assert.deepEqual(claims.filter((known) => known === null).length, 1);
  assert.deepEqual(
    claims.find((known) => known !== null),
    row(),
  );
});

storeTest("keeps keys of users and operations apart", async (_t, store) => {
  const keys = new SqlIdempotency(store);
  for (const parts of [{}, { user_id: "bob" }, { operation: "run_command" }, { key: "l" }]) {
    assert.equal(await keys.claim(row(parts)), null);
  }
});

storeTest("remembers the output, and releases only what runs", async (_t, store) => {
  const keys = new SqlIdempotency(store);
  await keys.claim(row());
  await keys.release(row());
  assert.equal(await keys.claim(row()), null);
  await keys.finish(row(), "sealed");
  await keys.release(row());
  assert.deepEqual(await keys.claim(row()), row({ state: "done", output: "sealed" }));
});

storeTest("lets one of two take over", async (_t, store) => {
  const keys = new SqlIdempotency(store);
  await keys.claim(row());
  const [a, b] = [row({ boot_id: "b2" }), row({ boot_id: "b3" })];
  const taken = await Promise.all([keys.takeOver(row(), a), keys.takeOver(row(), b)]);
  assert.deepEqual([...taken].sort(), [false, true]);
});

storeTest("prunes by age", async (_t, store) => {
  const keys = new SqlIdempotency(store);
  await keys.claim(row());
  assert.deepEqual([await keys.prune(1000), await keys.prune(1001)], [0, 1]);
});

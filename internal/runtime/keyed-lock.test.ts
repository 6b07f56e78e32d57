import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedLock } from "./keyed-lock.ts";

test("tasks of one key run one after another, also after a failure; other keys do not wait", async () => {
  const lock = new KeyedLock();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.run("a", async () => {
    await gate.promise;
    seen.push("first");
    throw new Error("no");
  });
  const second = lock.run("a", async () => seen.push("second"));
  await lock.run("b", async () => seen.push("other"));
  gate.resolve();
  await assert.rejects(first, /no/);
  await second;
  assert.deepEqual(seen, ["other", "first", "second"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { callOf } from "../testkit/principal.ts";
import { newSpace, testSpaces } from "../testkit/spaces.ts";
import { StorageWatch } from "./storage-watch.ts";

const gib = 1024 ** 3;
const never = new AbortController().signal;

test("the timeline says that a space holds more than it reserves, once, and that it does not any more", async (t) => {
  let time = 0;
  const { spaces, runtime, reconciler, rows } = await testSpaces(t);
  const watch = new StorageWatch({ store: rows, now: () => time, every: 60_000 });
  const made = await spaces.create(callOf(), newSpace());
  const told = async () => {
    const { events } = await spaces.events(callOf(), { space: "dev", limit: 50 });
    return events.filter(({ type }) => type === "space.storage").map(({ message }) => message);
  };
  for (const [bytes, expected] of [
    [gib, 0],
    [3 * gib, 1],
    [4 * gib, 1],
    [gib / 2, 2],
  ] as const) {
    time += 60_000;
    runtime.sizes.set(`kn-${made.id}-home`, bytes);
    await watch.look(runtime, never);
    assert.equal((await told()).length, expected);
  }
  const [within, over] = await told();
  assert.equal(
    over,
    "Its volumes hold 3 GiB, more than the 1 GiB they reserve: free some, or raise size in the template",
  );
  assert.equal(within, "Its volumes hold 512 MiB, within the 1 GiB they reserve again");
  const measured = () => runtime.calls.filter((call) => call === "volumeSizes").length;
  await watch.look(runtime, never);
  assert.equal(measured(), 4);
  for (let sweep = 0; sweep < 2; sweep++) await reconciler.sweep();
  assert.equal(measured(), 5);
});

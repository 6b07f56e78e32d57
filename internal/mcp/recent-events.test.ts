import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { RecentEvents } from "./recent-events.ts";

const message = (text: string): JSONRPCMessage => ({ jsonrpc: "2.0", method: "m", params: { text } });

async function replayed(events: RecentEvents, after: string): Promise<string[]> {
  const seen: string[] = [];
  await events.replayEventsAfter(after, {
    send: async (_id, sent) => void seen.push((sent as unknown as { params: { text: string } }).params.text),
  });
  return seen;
}

describe("recent events", () => {
  test("replays what came after, of the same stream alone, without the priming event", async () => {
    const events = new RecentEvents();
    const first = await events.storeEvent("a", {} as JSONRPCMessage);
    await events.storeEvent("b", message("b1"));
    const second = await events.storeEvent("a", message("a1"));
    await events.storeEvent("a", message("a2"));
    assert.deepEqual(await replayed(events, first), ["a1", "a2"]);
    assert.deepEqual(await replayed(events, second), ["a2"]);
    assert.equal(events.knows(second), true);
  });

  test("keeps a bounded number", async () => {
    const events = new RecentEvents();
    const first = await events.storeEvent("a", message("0"));
    for (let n = 1; n <= 500; n += 1) await events.storeEvent("a", message(String(n)));
    const seen = await replayed(events, first);
    assert.ok(seen.length <= 200, `${seen.length}`);
    assert.equal(seen.at(-1), "500");
  });

  test("keeps a bounded size, and the newest whatever its size", async () => {
    const events = new RecentEvents();
    const first = await events.storeEvent("a", message("first"));
    for (let n = 0; n < 10; n += 1) await events.storeEvent("a", message("x".repeat(200_000)));
    assert.ok((await replayed(events, first)).length < 5);
    await events.storeEvent("a", message("y".repeat(2_000_000)));
    assert.deepEqual(
      (await replayed(events, first)).map((text) => text[0]),
      ["y"],
    );
  });

  test("knows nothing of what it never stored", () => {
    const events = new RecentEvents();
    for (const id of ["", "a", "a.1", "..", "__proto__.1"]) {
      assert.equal(events.knows(id), false);
    }
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { SourceChange, Tool } from "../tool/tool.ts";
import { arrived } from "./arrived.ts";

const tool = { name: "far__echo", origin: "far" } as Tool;

/** A catalogue that is empty until a tool is added to it. */
function shelf() {
  const tools = new Map<string, Tool>();
  const listeners = new Set<(change: SourceChange) => void>();
  const change = () => {
    for (const listener of listeners) listener({ user_id: null });
  };
  return {
    listeners,
    change,
    add: (added: Tool) => {
      tools.set(added.name, added);
      change();
    },
    find: (name: string) => tools.get(name),
    onChange: (listener: (change: SourceChange) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

test("waits for the tool of a connected server that is not here yet", async () => {
  const catalogue = shelf();
  const found = arrived(catalogue, tool, new AbortController().signal);
  catalogue.change();
  await new Promise(setImmediate);
  catalogue.add(tool);
  assert.equal(await found, tool);
  assert.equal(catalogue.listeners.size, 0);
});

test("waits for no tool of knot's own, and no longer than the daemon runs", async () => {
  const catalogue = shelf();
  const own = { name: "gone", origin: "knot" };
  assert.equal(await arrived(catalogue, own, new AbortController().signal), undefined);
  const stopping = new AbortController();
  const found = arrived(catalogue, tool, stopping.signal);
  stopping.abort();
  assert.equal(await found, undefined);
  assert.equal(catalogue.listeners.size, 0);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { Problem } from "../problem/problem.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { waistOf } from "../testkit/waist.ts";
import type { Call } from "./call.ts";
import { operation } from "./operation.ts";
import { createRegistry } from "./registry.ts";
import type { WaistDeps } from "./waist.ts";

type Counter = { add(by: number): Promise<number> };

const addNumber = operation({
  name: "add_number",
  title: "Add number",
  description: "Add to the counter.",
  effect: "write",
  idempotent: false,
  permission: "spaces.use",
  input: z.strictObject({ by: z.number().int() }),
  output: z.object({ total: z.number() }),
  problems: [],
  path: "/counter/add",
  tool: null,
  command: null,
  label: ({ by }) => `Add ${by}`,
  run: async (_call, { by }, { counter }: { counter: Counter }) => ({ total: await counter.add(by) }),
});

function counting(overrides: Partial<WaistDeps> = {}, add?: Counter["add"]) {
  let total = 0;
  const parts = waistOf(overrides);
  const counter = { add: add ?? (async (by: number) => (total += by)) };
  const registry = createRegistry([addNumber], { counter }, parts.waist);
  return {
    ...parts,
    total: () => total,
    invoke: (input: unknown, call: Call = callOf()) => registry.invoke("add_number", input, call),
  };
}

const refused = (code: string) => (thrown: unknown) => thrown instanceof Problem && thrown.code === code;

describe("the waist", () => {
  test("runs an allowed call and writes it down", async () => {
    const { invoke, audited } = counting();
    assert.deepEqual(await invoke({ by: 2 }), { total: 2 });
    assert.deepEqual([audited[0]?.label, audited[0]?.outcome], ["Add 2", "ok"]);
  });

  test("asks nobody about a call that only asks what would be lost", async () => {
    const asked: unknown[] = [];
    const { waist, audited } = waistOf({
      approvals: {
        admit: async (_capability, input) => {
          asked.push(input);
          return { run: true };
        },
      },
    });
    const removeNumber = operation({
      ...addNumber,
      name: "remove_number",
      input: z.strictObject({ confirm: z.boolean() }),
      label: () => "Remove",
      secrets: undefined,
      confirms: true,
      run: async (_call, { confirm }) => {
        if (!confirm) throw new Problem("confirmation_required", "It would be lost.");
        return { total: 0 };
      },
    });
    const registry = createRegistry([removeNumber], {}, waist);
    await assert.rejects(
      registry.invoke("remove_number", { confirm: false }, callOf()),
      refused("confirmation_required"),
    );
    await registry.invoke("remove_number", { confirm: true }, callOf());
    assert.deepEqual(asked, [{ confirm: true }]);
    assert.equal(audited.length, 2);
  });

  test("denies without the permission, before it looks at the input, and writes that down", async () => {
    const { invoke, audited, total } = counting();
    const call = callOf({ principal: principal({ permissions: new Set(["mcp.use"]) }) });
    await assert.rejects(invoke({ by: "nonsense" }, call), refused("forbidden"));
    assert.deepEqual([audited[0]?.outcome, audited[0]?.label, total()], ["denied", "Add number", 0]);
  });

  for (const [scopes, door, allowed] of [
    [["api", "mcp"], "rest", true],
    [["api"], "cli", true],
    [["api"], "mcp", false],
    [["mcp"], "mcp", true],
    [["mcp"], "rest", false],
    [["api", "mcp", "read"], "rest", false],
    [["read"], "mcp", false],
    [[], "rest", false],
    [[], "web", true],
  ] as const) {
    test(`${allowed ? "lets" : "keeps"} a write ${allowed ? "in" : "out"} through ${door} with the scopes [${scopes}]`, async () => {
      const { invoke } = counting();
      const attempt = invoke({ by: 1 }, callOf({ door, principal: principal({ scopes: new Set(scopes) }) }));
      if (allowed) assert.deepEqual(await attempt, { total: 1 });
      else await assert.rejects(attempt, refused("forbidden"));
    });
  }

  test("names every mistake in the input with its pointer", async () => {
    const { invoke, audited } = counting();
    await assert.rejects(invoke({ by: 1.5, extra: 1 }), (thrown: unknown) => {
      assert.ok(thrown instanceof Problem);
      assert.deepEqual(thrown.errors.map(({ path }) => path).sort(), ["/by", "/extra"]);
      return thrown.code === "invalid_input";
    });
    assert.equal(audited[0]?.outcome, "failed");
  });

  test("does not run what waits for approval", async () => {
    const { invoke, audited, total } = counting({
      approvals: {
        admit: async () => {
          throw new Problem("approval_required", "Ask first.");
        },
      },
    });
    await assert.rejects(invoke({ by: 1 }), refused("approval_required"));
    assert.deepEqual([audited[0]?.outcome, total()], ["pending", 0]);
  });

  test("answers with the kept output of an approved call instead of running again", async () => {
    const { invoke, total } = counting({ approvals: { admit: async () => ({ run: false, output: { total: 42 } }) } });
    assert.deepEqual([await invoke({ by: 1 }), total()], [{ total: 42 }, 0]);
  });

  test("gives the key of a write to the idempotency gate, with the parsed input", async () => {
    const seen: unknown[] = [];
    const { invoke } = counting({
      idempotency: {
        once: (_capability, key, input, _call, run) => {
          seen.push([key, input]);
          return run();
        },
      },
    });
    await invoke({ by: 1 }, callOf({ idempotency_key: "k" }));
    await invoke({ by: 2 });
    assert.deepEqual(seen, [["k", { by: 1 }]]);
  });

  test("hides what broke and keeps it for the log", async () => {
    const { invoke, internal, audited } = counting({}, async () => {
      throw new Error("password=hush");
    });
    await assert.rejects(
      invoke({ by: 1 }),
      (thrown: unknown) => refused("internal")(thrown) && !/hush/.test((thrown as Problem).message),
    );
    assert.match(String(internal[0]), /hush/);
    assert.equal(audited[0]?.problem?.code, "internal");
  });

  test("calls a call whose caller went away cancelled", async () => {
    const controller = new AbortController();
    const { invoke } = counting({}, async () => {
      controller.abort();
      throw new Error("aborted");
    });
    await assert.rejects(invoke({ by: 1 }, callOf({ signal: controller.signal })), refused("cancelled"));
  });

  test("does not let an output out that breaks its schema", async () => {
    const { invoke, internal } = counting({}, async () => "three" as unknown as number);
    await assert.rejects(invoke({ by: 1 }), refused("internal"));
    assert.match(String(internal[0]), /broke its output schema/);
  });
});

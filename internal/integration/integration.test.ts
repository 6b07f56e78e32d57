import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Problem } from "../problem/problem.ts";
import { callOf } from "../testkit/principal.ts";
import { registryOf } from "../testkit/waist.ts";
import { Integrations } from "./integration.ts";
import { listIntegrations } from "./operations.ts";
import type { Integration } from "./schema.ts";

const integration = (namespace: string): Integration => ({
  namespace,
  transport: "http",
  status: "connected",
  error: null,
  warnings: [],
  since_at: 1,
  tools: 2,
  era: "legacy",
});

const registry = (...namespaces: string[]) =>
  registryOf([listIntegrations], {
    integrations: new Integrations({ statuses: () => namespaces.map(integration) }),
  });

type Answer = { integrations: Integration[]; total: number; returned: number; next_cursor: string | null };

const list = async (input: object, ...namespaces: string[]) =>
  (await registry(...namespaces).invoke("list_integrations", input, callOf())) as Answer;

describe("list_integrations", () => {
  test("is empty without remote servers", async () => {
    assert.deepEqual(await list({}), { integrations: [], total: 0, returned: 0, next_cursor: null });
  });

  test("goes through all of them page by page", async () => {
    const first = await list({ limit: 2 }, "a", "b", "c");
    assert.deepEqual([first.integrations.map(({ namespace }) => namespace), first.total], [["a", "b"], 3]);
    const second = await list({ limit: 2, cursor: first.next_cursor }, "a", "b", "c");
    assert.deepEqual(second.integrations, [integration("c")]);
    assert.equal(second.next_cursor, null);
  });

  test("refuses a cursor it did not make", async () => {
    await assert.rejects(
      list({ cursor: "nonsense" }, "a"),
      (thrown: unknown) => thrown instanceof Problem && thrown.code === "invalid_input",
    );
  });
});

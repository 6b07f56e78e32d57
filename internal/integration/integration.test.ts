import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Problem } from "../problem/problem.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { registryOf } from "../testkit/waist.ts";
import { Integrations } from "./integration.ts";
import { getIntegration, listIntegrations } from "./operations.ts";
import type { Integration } from "./schema.ts";

const integration = (namespace: string): Integration => ({
  namespace,
  transport: "http",
  status: "connected",
  error: null,
  warnings: [],
  since_at: 1,
  retry_at: null,
  tools: 2,
  era: "legacy",
});

const output = ["no such file: models.json"];

const registry = (...namespaces: string[]) =>
  registryOf([listIntegrations, getIntegration], {
    integrations: new Integrations({ statuses: () => namespaces.map((each) => ({ ...integration(each), output })) }),
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

describe("get_integration", () => {
  const get = (namespace: string, overrides = {}) =>
    registry("ai", "demo").invoke("get_integration", { integration: namespace }, callOf(overrides));

  test("brings what the program wrote to its standard error", async () => {
    assert.deepEqual(await get("demo"), { integration: { ...integration("demo"), output } });
  });

  test("names the nearest one for a name nobody has", async () => {
    await assert.rejects(
      get("dmeo"),
      (thrown: unknown) => thrown instanceof Problem && thrown.code === "not_found" && /"demo"/.test(thrown.message),
    );
  });

  test("is not for those who may only use integrations", async () => {
    const user = principal({ permissions: new Set(["integrations.use"]) });
    await assert.rejects(
      get("demo", { principal: user }),
      (thrown: unknown) => thrown instanceof Problem && thrown.code === "forbidden",
    );
  });
});

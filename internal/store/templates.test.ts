import assert from "node:assert/strict";
import type { TemplateRow } from "../template/template-store.ts";
import { storeTest } from "../testkit/store.ts";
import { SqlTemplates } from "./templates.ts";

const event = {
  type: "template.created",
  subject_kind: "template",
  subject_id: "t1",
  user_id: null,
  message: "m",
  data: {},
};
const summary = {
  ...{ runtime: "docker" as const, image: "box", memory_bytes: 1, cpus: 1, network: "own" as const },
  ...{ ports: [], volumes: [], parameters: [] },
};
const template = (overrides: Partial<TemplateRow> = {}) => ({
  ...{ id: "t1", name: "box", description: "A box", icon: null, active: true, group_ids: ["g1"], spec: "image: box" },
  ...{ summary, allowed: [], created_by: "ada", created_at: 1, updated_at: 1 },
  ...overrides,
});
const version = { spec: "image: two", summary, allowed: [], created_by: "bob" };

storeTest("finds a template by id and name, with its newest version", async (_t, store) => {
  const templates = new SqlTemplates(store);
  const made = (await templates.insert(template(), event)) as TemplateRow;
  assert.deepEqual(await templates.find("t1"), made);
  assert.deepEqual(await templates.find("box"), made);
  assert.equal(await templates.insert(template({ id: "t2" }), event), "name_taken");
  await templates.update(made, { version, updated_at: 2 }, event);
  assert.equal((await templates.find("box"))?.spec, "image: two");
  assert.equal((await templates.version("t1", 1))?.spec, "image: box");
});

storeTest("lets one of two authors make the next version", async (_t, store) => {
  const templates = new SqlTemplates(store);
  const made = (await templates.insert(template(), event)) as TemplateRow;
  const results = await Promise.all([1, 2].map(() => templates.update(made, { version, updated_at: 2 }, event)));
  assert.equal(results.filter((one) => one === "changed").length, 1);
  assert.equal(await templates.update({ id: "t9", version: 1 }, { updated_at: 2 }, event), null);
});

storeTest("lists what a viewer may see, by page", async (_t, store) => {
  const templates = new SqlTemplates(store);
  await templates.insert(template(), event);
  await templates.insert(template({ id: "t2", name: "open", group_ids: [] }), event);
  await templates.insert(template({ id: "t3", name: "off", group_ids: [], active: false }), event);
  const names = async (group_ids: string[], all = false) =>
    (await templates.list({ viewer: { group_ids, all } }, { limit: 9 })).items.map(({ name }) => name);
  assert.deepEqual(await names([]), ["open"]);
  assert.deepEqual(await names(["g1"]), ["box", "open"]);
  assert.deepEqual(await names([], true), ["box", "off", "open"]);
  const page = await templates.list({ viewer: { group_ids: [], all: true } }, { limit: 2 });
  assert.deepEqual([page.total, page.next], [3, ["off"]]);
});

storeTest("reaches a milestone once", async (_t, store) => {
  const templates = new SqlTemplates(store);
  assert.deepEqual(
    await Promise.all([templates.reach("samples", 1), templates.reach("samples", 1)]).then((all) => all.sort()),
    [false, true],
  );
});

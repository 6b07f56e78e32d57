import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Call } from "../operation/call.ts";
import { problemOf } from "../problem/problem.ts";
import { SqlTemplates } from "../store/templates.ts";
import { dangerous, type Knob, knobs, parametric } from "../testkit/knobs.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { memoryStore } from "../testkit/store.ts";
import { Templates } from "./template.ts";

const author = (): Call =>
  callOf({ principal: principal({ username: "bob", permissions: new Set(["templates.use", "templates.manage"]) }) });
const template = (spec: string) => ({ name: "box", spec, group_ids: [], active: true, allow: [] });
const occasion = (parameters: Record<string, string>) => ({
  ...{ space_id: "s1", space_name: "dev", user: { id: "u1", username: "ada", email: "" }, parameters, secrets: {} },
});

async function kitOf(t: TestContext) {
  const store = await memoryStore(t);
  const variables = { all: async () => ({}) };
  const rows = new SqlTemplates(store);
  return { store, rows, templates: new Templates({ store: rows, variables, url: "http://x", now: Date.now }) };
}

type Kit = Awaited<ReturnType<typeof kitOf>>;

/** The one template of a kit, without any danger. */
async function harmless({ templates, rows }: Kit): Promise<{ readonly id: string }> {
  return (await rows.find("box")) ?? templates.create(author(), template("image: debian"));
}

/** Puts a text where an author cannot: as it is there after an allowance was taken away, or from an older release. */
const store = ({ store }: Kit, spec: string) => store.db.updateTable("template_versions").set({ spec }).execute();

const paths: Readonly<Record<string, (kit: Kit, knob: Knob) => Promise<unknown>>> = {
  create_template: ({ templates }, knob) => templates.create(author(), template(dangerous(knob))),
  update_template: async (kit, knob) => {
    await harmless(kit);
    return kit.templates.update(author(), { template: "box", spec: dangerous(knob) });
  },
  "a parameter without a default": ({ templates }, knob) =>
    templates.create(author(), template(parametric(knob, false))),
  "the default of a parameter": ({ templates }, knob) => templates.create(author(), template(parametric(knob, true))),
  "the value of a parameter, at a start": async (kit, knob) => {
    const { id } = await harmless(kit);
    await store(kit, parametric(knob, false));
    return kit.templates.compile({ template_id: id, template_version: 1 }, occasion({ p: knob.value }));
  },
  "a start after the allowance was withdrawn": async (kit, knob) => {
    const { id } = await harmless(kit);
    await store(kit, dangerous(knob));
    return kit.templates.compile({ template_id: id, template_version: 1 }, occasion({}));
  },
};

/** What a placeholder cannot be refused for before its value is known: numbers, sizes and paths are checked then. */
const laterChecked = (knob: Knob) => /^(memory|volumes: \[\{ name: a, path: VALUE \}\])/.test(knob.line);

const nameOf = ({ line, value }: Knob) => line.replace("VALUE", value);

describe("an author without server.manage", () => {
  for (const [path, attempt] of Object.entries(paths)) {
    test(`loosens nothing through ${path}`, async (t) => {
      const kit = await kitOf(t);
      for (const knob of knobs.filter((one) => !laterChecked(one) || !/parameter$|default$/.test(path))) {
        await assert.rejects(attempt(kit, knob), (thrown) => {
          const { code, message } = problemOf(thrown);
          assert.equal(code, "invalid_input", nameOf(knob));
          assert.match(message, /line 2, column \d+: /, nameOf(knob));
          return true;
        });
      }
    });
  }

  test("hears from validate_template what is a mistake, and where", async (t) => {
    const { templates } = await kitOf(t);
    for (const knob of knobs) {
      for (const spec of [dangerous(knob), ...(laterChecked(knob) ? [] : [parametric(knob, true)])]) {
        const { valid, mistakes, summary } = await templates.validate(author(), { spec });
        assert.deepEqual([valid, summary, mistakes[0]?.line], [false, null, 2], nameOf(knob));
      }
    }
  });

  test("uses nothing that an administrator allowed once that is withdrawn", async (t) => {
    const { templates } = await kitOf(t);
    for (const [at, knob] of knobs.entries()) {
      if (knob.allow === null) continue;
      const name = `box-${at}`;
      const { id } = await templates.create(callOf(), { ...template(dangerous(knob)), name, allow: [knob.allow] });
      const version = { template_id: id, template_version: 1 };
      await templates.compile(version, occasion({}));
      await templates.update(callOf(), { template: name, allow: [] });
      await assert.rejects(templates.compile(version, occasion({})), { code: "invalid_input" }, nameOf(knob));
    }
  });
});

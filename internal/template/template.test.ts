// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written with them
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Call } from "../operation/call.ts";
import { problemOf } from "../problem/problem.ts";
import { SqlTemplates } from "../store/templates.ts";
import { callOf, principal } from "../testkit/principal.ts";
import { memoryStore } from "../testkit/store.ts";
import type { ImageRules } from "./image.ts";
import { Templates } from "./template.ts";

const admin = (): Call => callOf();
const author = (): Call =>
  callOf({ principal: principal({ username: "bob", permissions: new Set(["templates.use", "templates.manage"]) }) });
const user = (group_ids: readonly string[] = []): Call =>
  callOf({ principal: principal({ username: "eve", group_ids, permissions: new Set(["templates.use"]) }) });
const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (thrown) => problemOf(thrown).code,
  );
const box = (more: object = {}) => ({
  name: "box",
  spec: "image: debian",
  group_ids: [],
  active: true,
  allow: [],
  ...more,
});
const occasion = {
  ...{ space_id: "s1", space_name: "dev", user: { id: "u1", username: "ada", email: "" }, parameters: {}, secrets: {} },
};

async function templatesOf(t: TestContext, images?: ImageRules) {
  const store = await memoryStore(t);
  const variables = { all: async () => ({}) };
  return {
    store,
    templates: new Templates({
      ...{ store: new SqlTemplates(store), variables, url: "http://x", now: Date.now },
      ...(images === undefined ? {} : { images }),
    }),
  };
}

describe("templates", () => {
  test("keeps every version, and compiles the one asked for", async (t) => {
    const { templates } = await templatesOf(t);
    const { id } = await templates.create(author(), box());
    const second = await templates.update(author(), { template: "box", spec: "image: alpine" });
    assert.equal(second.version, 2);
    const old = await templates.compile({ template_id: id, template_version: 1 }, occasion);
    assert.equal(old.spec.image, "debian");
    const { versions } = await templates.versions(author(), { template: "box", limit: 10 });
    assert.deepEqual(
      versions.map(({ version }) => version),
      [2, 1],
    );
  });

  test("makes no version of a change that leaves the spec alone", async (t) => {
    const { templates } = await templatesOf(t);
    await templates.create(author(), box());
    const same = await templates.update(author(), { template: "box", spec: "image: debian", description: "new words" });
    assert.deepEqual([same.version, same.description], [1, "new words"]);
  });

  for (const way of ["create", "update"] as const) {
    test(`does not let an author ${way} a template with allow`, async (t) => {
      const { templates } = await templatesOf(t);
      if (way === "update") await templates.create(author(), box());
      const evil = { spec: "image: debian\nprivileged: true", allow: ["privileged" as const] };
      const attempt =
        way === "create"
          ? templates.create(author(), box(evil))
          : templates.update(author(), { template: "box", ...evil });
      assert.equal(await codeOf(attempt), "forbidden");
    });

    test(`does not let an author ${way} a privileged template without allow`, async (t) => {
      const { templates } = await templatesOf(t);
      if (way === "update") await templates.create(author(), box());
      const spec = "image: debian\nprivileged: true";
      const attempt =
        way === "create"
          ? templates.create(author(), box({ spec }))
          : templates.update(author(), { template: "box", spec });
      assert.equal(await codeOf(attempt), "invalid_input");
    });
  }

  test("does not let an author keep what was allowed while changing the spec", async (t) => {
    const { templates } = await templatesOf(t);
    const spec = "image: debian\nprivileged: true";
    await templates.create(admin(), box({ spec, allow: ["privileged"] }));
    assert.equal(
      await codeOf(templates.update(author(), { template: "box", spec: `${spec}\ncpus: 4` })),
      "invalid_input",
    );
    assert.deepEqual((await templates.update(author(), { template: "box", spec: "image: debian" })).allow, []);
  });

  test("takes an allowance away from old versions too", async (t) => {
    const { templates } = await templatesOf(t);
    const { id } = await templates.create(
      admin(),
      box({ spec: "image: debian\nprivileged: true", allow: ["privileged"] }),
    );
    await templates.update(admin(), { template: "box", spec: "image: debian" });
    await templates.update(admin(), { template: "box", allow: [] });
    assert.equal(await codeOf(templates.compile({ template_id: id, template_version: 1 }, occasion)), "invalid_input");
  });

  test("shows a template to its groups, and its text to authors", async (t) => {
    const { templates } = await templatesOf(t);
    await templates.create(author(), box({ group_ids: ["g1"] }));
    assert.equal(await codeOf(templates.get(user(), { template: "box" })), "not_found");
    assert.equal((await templates.get(user(["g1"]), { template: "box" })).spec, null);
    assert.equal((await templates.list(user(), { limit: 10 })).total, 0);
    assert.equal((await templates.list(user(["g1"]), { limit: 10 })).total, 1);
    assert.notEqual((await templates.get(author(), { template: "box" })).spec, null);
  });

  test("tells of a template only those who may use it, or could until now", async (t) => {
    const { templates, store } = await templatesOf(t);
    await templates.create(author(), box({ active: false, group_ids: ["g1"] }));
    const changes = [{ active: true }, { group_ids: ["g2"] }, { group_ids: [] }, { name: "crate" }, { active: false }];
    for (const [at, change] of changes.entries()) {
      await templates.update(author(), { template: at === 4 ? "crate" : "box", ...change });
    }
    const events = await store.db.selectFrom("events").select(["user_id", "group_ids"]).orderBy("seq").execute();
    const audiences = ["[]", '["g1"]', '["g1","g2"]', null, null, null];
    assert.deepEqual(
      events,
      audiences.map((group_ids) => ({ user_id: null, group_ids })),
    );
  });

  test("lets a template be deactivated that has become invalid", async (t) => {
    const { templates, store } = await templatesOf(t);
    await templates.create(author(), box());
    await store.db.updateTable("template_versions").set({ spec: "image: ${{ .var.gone }}" }).execute();
    assert.equal((await templates.update(author(), { template: "box", active: false })).active, false);
  });

  test("hides an inactive template and makes no space from it", async (t) => {
    const { templates } = await templatesOf(t);
    await templates.create(author(), box({ active: false }));
    assert.equal(await codeOf(templates.get(user(), { template: "box" })), "not_found");
    assert.equal(await codeOf(templates.choose(author(), "box")), "conflict");
  });

  test("takes no image that the server does not, at any door to it", async (t) => {
    const { templates } = await templatesOf(t, { allowed: ["debian"], pinned: false });
    const bad = "memory: 1G\nimage: evil/x";
    const mistake = /line 2, column 8: image evil\/x is none of those/;
    const { id } = await templates.create(author(), box());
    await assert.rejects(templates.create(admin(), box({ name: "bad", spec: bad })), mistake);
    await assert.rejects(templates.update(admin(), { template: "box", spec: bad }), mistake);
    assert.deepEqual((await templates.validate(author(), { spec: bad })).mistakes[0]?.line, 2);
    await templates.compile({ template_id: id, template_version: 1 }, occasion);
  });

  test("makes no space from an image that the server takes no longer", async (t) => {
    const { templates, store } = await templatesOf(t);
    const { id } = await templates.create(author(), box());
    const strict = new Templates({
      ...{ store: new SqlTemplates(store), variables: { all: async () => ({}) }, url: "http://x", now: Date.now },
      images: { allowed: [], pinned: true },
    });
    const compiled = strict.compile({ template_id: id, template_version: 1 }, occasion);
    await assert.rejects(compiled, /line 1, column 8: image must carry its digest/);
  });

  test("checks parameters and names every mistake", async (t) => {
    const { templates } = await templatesOf(t);
    const spec = `image: debian
parameters:
  - { name: size, type: number, min: 1, max: 8, default: 2 }
  - { name: color, type: choice, choices: [red, blue], required: true }
  - { name: token, type: secret, required: true }
  - { name: host, pattern: "[a-z]+" }`;
    const { id } = await templates.create(author(), box({ spec }));
    const version = { template_id: id, template_version: 1 };
    await assert.rejects(templates.fill(version, { size: 9, colr: "red", host: "a b" }), (thrown) => {
      const messages = problemOf(thrown).errors.map(({ path, message }) => `${path} ${message}`);
      assert.deepEqual(messages, [
        '/parameters/colr is not a parameter of this template; did you mean "color"?',
        "/parameters/size must be at most 8",
        "/parameters/color is required",
        "/parameters/token is required",
        "/parameters/host must match [a-z]+",
      ]);
      return true;
    });
    const filled = await templates.fill(version, { size: "4", color: "red", token: "s" });
    assert.deepEqual(filled, { parameters: { size: 4, color: "red" }, secrets: { token: "s" }, kept: [] });
    const again = await templates.fill(version, {}, { parameters: filled.parameters, secrets: ["token"] });
    assert.deepEqual(again, { parameters: { size: 4, color: "red" }, secrets: {}, kept: ["token"] });
  });

  test("gives up a pattern that would keep it busy", async (t) => {
    const { templates } = await templatesOf(t);
    const spec = 'image: debian\nparameters: [{ name: word, pattern: "(a+)+" }]';
    const { id } = await templates.create(author(), box({ spec }));
    const version = { template_id: id, template_version: 1 };
    await assert.rejects(templates.fill(version, { word: `${"a".repeat(60)}!` }), /takes too long to compare/);
    assert.deepEqual((await templates.fill(version, { word: "aaa" })).parameters, { word: "aaa" });
  });

  test("brings the samples once, and not back after they were deleted", async (t) => {
    const { templates } = await templatesOf(t);
    await templates.ensureSamples();
    assert.equal((await templates.list(admin(), { limit: 10 })).total, 2);
    await templates.delete(admin(), { template: "sandbox", confirm: true });
    await templates.ensureSamples();
    assert.equal((await templates.list(admin(), { limit: 10 })).total, 1);
  });

  test("reports a mistaken template without storing it", async (t) => {
    const { templates } = await templatesOf(t);
    const result = await templates.validate(author(), { spec: "imge: debian" });
    assert.equal(result.valid, false);
    assert.equal(result.mistakes.length, 2);
    await assert.rejects(
      templates.create(author(), box({ spec: "imge: debian" })),
      /line 1, column 1: unknown key "imge"/,
    );
  });

  test("asks before it deletes, and refuses while a name is taken", async (t) => {
    const { templates } = await templatesOf(t);
    await templates.create(author(), box());
    assert.equal(await codeOf(templates.create(author(), box())), "conflict");
    assert.equal(
      await codeOf(templates.delete(author(), { template: "box", confirm: false })),
      "confirmation_required",
    );
    assert.deepEqual(await templates.delete(author(), { template: "box", confirm: true }), { deleted: true });
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { permissionNames } from "../operation/permission.ts";
import { problems } from "../problem/problem.ts";
import { thingOperations } from "../testkit/things.ts";
import { fieldRows } from "./fields.ts";
import { anchorOf } from "./markdown.ts";
import { referenceFiles } from "./reference.ts";
import { staleFiles, writeFiles } from "./stale.ts";

const options = { operations: thingOperations, version: "1.2.3" };
const pages = new Map(referenceFiles(options).map(({ path, text }) => [basename(path), text()]));
const pageOf = (name: string): string => pages.get(name) ?? assert.fail(`no ${name}`);

describe("the reference", () => {
  test("has only links that lead somewhere", () => {
    let count = 0;
    for (const [name, text] of pages) {
      for (const [, file, anchor] of text.matchAll(/\]\(([\w.-]*)(?:#([\w-]+))?\)/g)) {
        const target = pageOf(file === "" ? name : (file as string));
        const anchors = [...target.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));
        assert.ok(anchor === undefined || anchors.includes(anchor), `${name}: ${file}#${anchor}`);
        count += 1;
      }
    }
    assert.ok(count > 50, `${count} links`);
  });

  test("says of an operation how it is called through every door", () => {
    const text = pageOf("operations.md");
    assert.match(text, /### start_thing\n\nStart a thing\. Returns when it runs\./);
    assert.match(text, /\| REST \| `POST \/api\/things\/\{thing\}\/start` \|/);
    assert.match(text, /\| Command \| `knot thing start <thing>` \|/);
    assert.match(text, /\| `wait_seconds` \| whole number \| How long to wait \(default `30`\) \|/);
    assert.match(text, /\| `limits` \| ThingLimits \|/);
    assert.match(text, /### ThingLimits\n\n.*\n.*\n\| `memory_bytes`/);
  });

  test("has every problem with its numbers and every permission", () => {
    for (const [name, { status, exit }] of Object.entries(problems)) {
      assert.match(pageOf("problems.md"), new RegExp(`## ${name}\n\n.*HTTP status ${status}, exit code ${exit}\\.`));
    }
    for (const name of permissionNames) assert.ok(pageOf("permissions.md").includes(`\n## ${name}\n`));
    assert.match(pageOf("problems.md"), /## confirmation_required\n\n.*\n\nDeclared by \[`delete_thing`\]/);
  });

  test("lists commands with their flags and tools by visibility", () => {
    assert.match(pageOf("cli.md"), /## knot thing start\n/);
    assert.match(pageOf("cli.md"), /\| `--wait-seconds NUMBER` \| How long to wait \(default 30\) \|/);
    assert.doesNotMatch(pageOf("cli.md"), /__complete/);
    assert.match(
      pageOf("tools.md"),
      /## native[\s\S]*`delete_thing`[\s\S]*destructive[\s\S]*## discoverable[\s\S]*`get_thing`/,
    );
    assert.doesNotMatch(pageOf("tools.md"), /update_thing/);
    assert.equal(JSON.parse(pageOf("openapi.json")).info.version, "1.2.3");
  });

  test("keeps a | of a description in its cell", () => {
    const op = { ...thingOperations[0], title: "a|b" };
    const [tools] = referenceFiles({ ...options, operations: [op] }).filter(({ path }) => path.endsWith("tools.md"));
    assert.match(tools?.text() ?? "", /a\\\|b/);
  });
});

describe("the rows of fields", () => {
  test("name the fields of objects in a list", () => {
    const item = { type: "object", properties: { search: { type: "string" } }, required: ["search"] };
    const edits = { type: "array", items: item, description: "Edits" };
    const rows = fieldRows({ type: "object", properties: { edits } }, "input");
    assert.deepEqual(
      rows.map(([name]) => name),
      ["`edits`", "`edits[].search`"],
    );
  });
});

describe("the files of the reference", () => {
  test("are written once and named when they are stale", (t) => {
    const root = mkdtempSync(join(tmpdir(), "knot-reference-"));
    t.after(() => rmSync(root, { recursive: true }));
    const files = [{ path: "docs/a.md", text: () => "one\ntwo\n" }];
    assert.deepEqual(staleFiles(files, root), ["docs/a.md is missing"]);
    assert.deepEqual(writeFiles(files, root), ["docs/a.md"]);
    assert.deepEqual(staleFiles(files, root), []);
    const before = statSync(join(root, "docs/a.md")).mtimeMs;
    assert.deepEqual(writeFiles(files, root), []);
    assert.equal(statSync(join(root, "docs/a.md")).mtimeMs, before);
    writeFileSync(join(root, "docs/a.md"), "one\n2\n");
    assert.deepEqual(staleFiles(files, root), ["docs/a.md is stale from line 2"]);
    writeFiles(files, root);
    assert.equal(readFileSync(join(root, "docs/a.md"), "utf8"), "one\ntwo\n");
  });
});

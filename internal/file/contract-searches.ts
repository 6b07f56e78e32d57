import assert from "node:assert/strict";
import type { FileFixture, It } from "./contract.ts";

/** Names that a careless script breaks on. */
export const odd = [
  "with space",
  "new\nline",
  "-rf",
  "quote'\"$(touch x)`id`;&|",
  "日本 é 👩",
  "*?[a]",
  " lead and trail ",
  "back\\slash",
  "a=b",
  "\\n",
  "#%",
];

/** What list, find and grep promise. */
export function registerSearches(it: It, { isOrdinary }: FileFixture): void {
  it("lists a directory in order, page after page", async ({ list, sh }) => {
    await sh("mkdir sub; touch sub/in; mkfifo p; ln -s sub l; printf 12345 > c; chmod 640 c; touch a b");
    const { entries, total } = await list({});
    assert.deepEqual(
      entries.map(({ path, type }) => `${path} ${type}`),
      ["a file", "b file", "c file", "l symlink", "p pipe", "sub directory"],
    );
    const c = entries[2];
    assert.deepEqual([c?.size_bytes, c?.mode, total], [5, "0640", 6]);
    assert.ok(Math.abs((c?.modified_at ?? 0) - Date.now()) < 600_000);
    const first = await list({ limit: 4 });
    const second = await list({ limit: 4, cursor: first.next_cursor });
    assert.deepEqual([first.returned, second.entries.map(({ path }) => path)], [4, ["p", "sub"]]);
    assert.equal(second.next_cursor, null);
  });

  it("lists below directories, links to them and the root", async ({ list, sh }) => {
    await sh("mkdir -p a/b; touch a/b/c a/d; ln -s a l");
    const paths = async (input: Record<string, unknown>) => (await list(input)).entries.map(({ path }) => path);
    assert.deepEqual(await paths({ recursive: true }), ["a", "a/b", "a/b/c", "a/d", "l"]);
    assert.deepEqual(await paths({ path: "a", recursive: true }), ["b", "b/c", "d"]);
    assert.deepEqual(await paths({ path: "l/" }), ["b", "d"]);
    assert.deepEqual(await paths({ path: "a/b/.." }), ["b", "d"]);
    assert.ok((await paths({ path: "/" })).includes("etc"));
  });

  it("pages through thousands of files", async ({ list, sh }) => {
    await sh("i=0; while [ $i -lt 2500 ]; do : > f$i; i=$((i+1)); done");
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await list({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
      assert.equal(page.total, 2500);
      seen.push(...page.entries.map(({ path }) => path));
      cursor = page.next_cursor;
    } while (cursor !== null);
    assert.equal(new Set(seen).size, 2500);
  });

  it("refuses to list what is no directory", async ({ list, sh }) => {
    await sh("touch f");
    await assert.rejects(list({ path: "f" }), { code: "conflict", message: /not a directory/ });
    await assert.rejects(list({ path: "gone" }), { code: "not_found" });
    await assert.rejects(list({ cursor: "nonsense" }), { code: "invalid_input" });
  });

  it("finds by name, type, depth, size and age", async ({ find, sh }) => {
    await sh(
      "mkdir -p a/b; printf 123 > a/x.ts; printf 1 > a/b/y.ts; touch -t 200001010000 a/old.ts; ln -s x.ts a/l.ts",
    );
    const paths = async (input: Record<string, unknown>) => (await find(input)).entries.map(({ path }) => path);
    assert.deepEqual(await paths({ name: "*.ts", type: "file" }), ["a/b/y.ts", "a/old.ts", "a/x.ts"]);
    assert.deepEqual(await paths({ type: "directory" }), [".", "a", "a/b"]);
    assert.deepEqual(await paths({ type: "symlink" }), ["a/l.ts"]);
    assert.deepEqual(await paths({ name: "*.ts", type: "file", max_depth: 2 }), ["a/old.ts", "a/x.ts"]);
    assert.deepEqual(await paths({ type: "file", larger_than_bytes: 1 }), ["a/x.ts"]);
    assert.deepEqual(await paths({ name: "*.ts", type: "file", modified_after: 1_000_000_000_000 }), [
      "a/b/y.ts",
      "a/x.ts",
    ]);
    assert.deepEqual(await paths({ name: "**/*.ts", exclude: ["b"] }), ["a/l.ts", "a/old.ts", "a/x.ts"]);
    assert.deepEqual(await paths({ name: "a/**/y.*" }), ["a/b/y.ts"]);
    assert.deepEqual(await paths({ path: "a/b", name: "y.ts", exclude: ["b"] }), ["a/b/y.ts"]);
    await assert.rejects(find({ path: "gone" }), { code: "not_found" });
  });

  it("pages through what it finds, in the order of paths", async ({ find, sh }) => {
    await sh("for d in c a b; do mkdir $d; for i in 3 1 2; do : > $d/$i; done; done");
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const found = await find({ type: "file", limit: 4, ...(cursor === undefined ? {} : { cursor }) });
      assert.equal(found.total, 9);
      seen.push(...found.entries.map(({ path }) => path));
      cursor = found.next_cursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1", "c/2", "c/3"]);
  });

  it("bounds a page of long paths, and goes on behind it", async ({ list, sh }) => {
    const deep = Array.from({ length: 12 }, () => "d".repeat(200)).join("/");
    await sh('mkdir -p "$1"; cd "$1"; i=100; while [ $i -lt 180 ]; do : > $i; i=$((i + 1)); done', deep);
    const first = await list({ recursive: true, limit: 1000 });
    assert.ok(first.returned < first.total && JSON.stringify(first).length < 262_144);
    const second = await list({ recursive: true, limit: 1000, cursor: first.next_cursor });
    assert.deepEqual([first.returned + second.returned, second.next_cursor], [92, null]);
  });

  it("finds names of every kind", async ({ write, find }) => {
    for (const name of odd) await write({ path: name, content: "" });
    const { entries } = await find({ type: "file" });
    assert.deepEqual(new Set(entries.map(({ path }) => path)), new Set(odd));
  });

  it("searches lines by expression and by text", async ({ write, grep }) => {
    await write({ path: "src/a.ts", content: "const a = 1;\nconst bb = 2;\n// A+\n", make_parents: true });
    await write({ path: "src/b.md", content: "const a\n" });
    const lines = async (input: Record<string, unknown>) =>
      (await grep(input)).matches.map(({ file, line, text }) => `${file}:${line}:${text}`).sort();
    assert.deepEqual(await lines({ pattern: "^const (a|bb) =" }), [
      "src/a.ts:1:const a = 1;",
      "src/a.ts:2:const bb = 2;",
    ]);
    assert.deepEqual(await lines({ pattern: "bb\\s=\\s\\d;" }), ["src/a.ts:2:const bb = 2;"]);
    assert.deepEqual(await lines({ pattern: "b{2}" }), ["src/a.ts:2:const bb = 2;"]);
    assert.deepEqual(await lines({ pattern: "A+", literal: true }), ["src/a.ts:3:// A+"]);
    assert.deepEqual(await lines({ pattern: "CONST A", ignore_case: true, glob: "*.md" }), ["src/b.md:1:const a"]);
    assert.deepEqual(await lines({ pattern: "const", path: "src/b.md" }), ["src/b.md:1:const a"]);
    assert.deepEqual(await lines({ pattern: "nowhere" }), []);
    assert.deepEqual(await lines({ pattern: "-e", literal: true }), []);
  });

  it("searches with context", async ({ write, grep }) => {
    await write({ path: "a", content: "1\n2\n3\n4\n5\n6\n7\n8-x\n" });
    const { matches, returned } = await grep({ pattern: "[38]", context: 1 });
    assert.deepEqual(
      matches.map(({ line, is_match }) => `${line}${is_match ? "!" : ""}`),
      ["2", "3!", "4", "7", "8!"],
    );
    assert.equal(returned, 2);
  });

  it("goes on searching where a page ended", async ({ write, grep }) => {
    for (const name of ["b", "a", "c/d", "new\nline"])
      await write({ path: name, content: "hit\nno\n".repeat(3), make_parents: true });
    for (const context of [0, 1]) {
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await grep({ pattern: "hit", limit: 2, context, ...(cursor === undefined ? {} : { cursor }) });
        assert.equal(page.truncated, page.next_cursor !== null);
        seen.push(...page.matches.filter(({ is_match }) => is_match).map(({ file, line }) => `${file}:${line}`));
        cursor = page.next_cursor;
      } while (cursor !== null);
      const names = ["a", "b", "c/d", "new\nline"];
      assert.deepEqual(
        seen,
        names.flatMap((name) => [1, 3, 5].map((line) => `${name}:${line}`)),
      );
    }
  });

  it("bounds what a search returns, whatever was asked for", async ({ sh, grep }) => {
    await sh(
      'awk \'BEGIN { for (i = 0; i < 900; i++) { for (j = 0; j < 60; j++) printf "0123456789"; print "" } }\' > a',
    );
    const page = await grep({ pattern: "0", limit: 1000, context: 10 });
    assert.ok(page.truncated && JSON.stringify(page).length < 262_144);
    const [line] = (await grep({ pattern: "0", limit: 1, cursor: page.next_cursor })).matches;
    assert.equal(line?.line, page.matches.length + 1);
  });

  it("leaves out directories of others' code unless asked", async ({ write, grep }) => {
    for (const path of ["node_modules/x/a.js", ".git/a.js", "src/a.js", "src/lib/b.js"])
      await write({ path, content: "hit\n", make_parents: true });
    const files = async (input: Record<string, unknown>) =>
      (await grep({ pattern: "hit", ...input })).matches.map(({ file }) => file);
    assert.deepEqual(await files({}), ["src/a.js", "src/lib/b.js"]);
    assert.deepEqual(await files({ path: "node_modules" }), ["node_modules/x/a.js"]);
    assert.deepEqual(await files({ exclude: [] }), [".git/a.js", "node_modules/x/a.js", "src/a.js", "src/lib/b.js"]);
    assert.deepEqual(await files({ exclude: ["lib"], glob: "src/**/*.js" }), ["src/a.js"]);
  });

  it("says why it does not search what it was pointed at", async ({ sh, grep }) => {
    await sh("mkfifo p; printf 'a\\000' > binary; ln -s nowhere l");
    await assert.rejects(grep({ pattern: "a", path: "p" }), { code: "conflict", message: /a pipe/ });
    await assert.rejects(grep({ pattern: "a", path: "binary" }), { code: "conflict", message: /binary file/ });
    await assert.rejects(grep({ pattern: "a", path: "l" }), { code: "not_found" });
  });

  it("stops searching when it has enough", async ({ write, grep }) => {
    for (let i = 0; i < 5; i++) await write({ path: `f${i}`, content: "hit\n".repeat(100) });
    const { matches, truncated, returned } = await grep({ pattern: "hit", limit: 150 });
    assert.deepEqual([matches.length, returned, truncated], [150, 150, true]);
  });

  it("searches files with names of every kind, and cuts long lines", async ({ write, grep, sh }) => {
    for (const name of odd) await write({ path: name, content: "needle: here\n" });
    await sh(
      "printf 'needle\\000' > binary; awk 'BEGIN { printf \"needle\"; for (i = 0; i < 99999; i++) printf \"x\" }' > long",
    );
    const { matches } = await grep({ pattern: "needle" });
    assert.deepEqual(new Set(matches.map(({ file }) => file)), new Set([...odd, "long"]));
    assert.ok(matches.every(({ line, text }) => line === 1 && text.length <= 503));
  });

  it("refuses a wrong expression", async ({ write, grep }) => {
    await write({ path: "a", content: "a(b\n" });
    await assert.rejects(grep({ pattern: "a(b" }), { code: "invalid_input", message: /expression/ });
    assert.equal((await grep({ pattern: "a(b", literal: true })).returned, 1);
    for (const pattern of ["a\nb", "a\0b"]) await assert.rejects(grep({ pattern }), { code: "invalid_input" });
    await assert.rejects(grep({ pattern: "a", path: "gone" }), { code: "not_found" });
  });

  if (!isOrdinary) return;
  it("passes over what the space's user may not see", async ({ find, grep, list, sh }) => {
    await sh("mkdir shut open; echo hit > shut/f; echo hit > open/f; echo hit > no; chmod 000 shut no");
    assert.deepEqual(
      (await grep({ pattern: "hit" })).matches.map(({ file }) => file),
      ["open/f"],
    );
    assert.ok((await find({ name: "f" })).entries.some(({ path }) => path === "open/f"));
    const refused = { code: "conflict", message: /may not/ };
    await assert.rejects(list({ path: "shut" }), refused);
    await assert.rejects(find({ path: "shut" }), refused);
    await assert.rejects(grep({ path: "shut", pattern: "a" }), refused);
    await assert.rejects(grep({ path: "no", pattern: "a" }), refused);
    await sh("chmod 700 shut");
  });
}

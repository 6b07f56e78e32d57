import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { unifiedDiff } from "./diff.ts";

test("says nothing of equal texts", () => {
  assert.equal(unifiedDiff("a", "x\n", "x\n"), "");
});

test("shows each change with three lines around it", () => {
  const lines = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`);
  const after = lines.with(1, "two\n").toSpliced(15, 1);
  assert.equal(
    unifiedDiff("f", lines.join(""), after.join("")),
    "--- f\n+++ f\n@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -13,7 +13,6 @@\n 13\n 14\n 15\n-16\n 17\n 18\n 19\n",
  );
});

test("shows a new, an emptied and an unended text", () => {
  assert.equal(unifiedDiff("f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
  assert.equal(unifiedDiff("f", "a\n", ""), "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n");
  assert.match(unifiedDiff("f", "a\n", "a"), /-a\n\+a\n\\ No newline at end of file\n$/);
});

test("cuts a long diff", () => {
  const diff = unifiedDiff("f", "a\n".repeat(5000), "b\n".repeat(5000), 100);
  assert.match(diff, /the rest of the diff was left out/);
  assert.ok(diff.length < 200);
});

test("shows the beginning of more changes than fit, with their line numbers", () => {
  const text = (word: string) => Array.from({ length: 100_000 }, (_, line) => `${line % 9 ? "same" : word} ${line}\n`);
  const before = `top\n${"filler\n".repeat(1000)}${text("old").join("")}`;
  const diff = unifiedDiff("f", before, before.replaceAll("old", "new"));
  assert.match(diff, /^--- f\n\+\+\+ f\n@@ -999,.* @@\n filler\n filler\n filler\n-old 0\n\+new 0\n same 1\n/);
  assert.match(diff, /\[the rest of the diff was left out\]\n$/);
  const all = unifiedDiff("f", "a\n".repeat(200_000), "b\n".repeat(200_000));
  assert.match(all, /^--- f\n\+\+\+ f\n@@ -1,400 \+1,400 @@\n-a\n/);
});

test("makes what patch turns back into the new text", (t: TestContext) => {
  try {
    execFileSync("patch", ["--version"], { stdio: "ignore" });
  } catch {
    t.skip("needs the program patch");
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "knot-diff-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "f");
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let round = 0; round < 60; round++) {
    const text = () => Array.from({ length: random(30) }, () => `${random(6)}`).join("\n") + (random(2) ? "\n" : "");
    const around = round % 2 === 0 ? "" : "\n0\n1\n".repeat(random(4));
    const [before, after] = [around + text() + around, around + text() + around];
    const diff = unifiedDiff("f", before, after);
    if (diff === "") continue;
    writeFileSync(file, before);
    execFileSync("patch", ["-s", "--posix", "-p0", file], { input: diff });
    assert.equal(readFileSync(file, "utf8"), after, diff);
    rmSync(`${file}.orig`, { force: true });
  }
});

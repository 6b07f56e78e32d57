import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { extendedExpression } from "./expression.ts";

const lines = [
  "abc",
  "a1",
  "x_y",
  "a b",
  "tab\there",
  "a]b",
  "a-b",
  "a\\b",
  "a^b",
  "[x]",
  "foo(bar)",
  "ééé",
  "9.5",
  "",
  "dd",
  "ww",
];

/** Expressions that mean the same to JavaScript's flavour and to ours. */
const expressions = [
  "\\d+",
  "\\D",
  "^\\w+$",
  "\\W",
  "\\s",
  "^\\S+$",
  "\\t",
  "[\\d.]+",
  "^[\\w ]+$",
  "[\\s]",
  "[\\]]",
  "[^\\]a]b",
  "a[\\-x]b",
  "a[x\\-]b",
  "a[\\\\]b",
  "a[\\^]b",
  "[\\[x]x?",
  "^(?:abc|a1)$",
  "foo\\(bar\\)",
  "a.*?b",
  "\\bx_y\\b",
  "a{1}b?c?",
  "[a-c]{2,}",
  "x|y",
];

for (const grep of [["grep"], ["busybox", "grep"]]) {
  test(`${grep.join(" ")} finds what the expression means elsewhere`, () => {
    for (const expression of expressions) {
      const args = [...grep.slice(1), "-E", "-e", extendedExpression(expression)];
      let found = "";
      try {
        const env = { ...process.env, LC_ALL: "C" };
        found = execFileSync(grep[0] as string, args, { input: `${lines.join("\n")}\n`, encoding: "utf8", env });
      } catch (thrown) {
        assert.equal((thrown as { status: number }).status, 1, `${expression}: ${(thrown as Error).message}`);
      }
      const expected = lines.filter((line) => new RegExp(expression).test(line));
      assert.deepEqual(found.split("\n").slice(0, -1), expected, expression);
    }
  });
}

test("leaves POSIX's own and what it does not understand as it is", () => {
  for (const expression of ["[[:digit:]]+", "[]x]", "[^]x]", "a\\.b", "[a", "(?=x)", "x\\"]) {
    assert.equal(extendedExpression(expression), expression);
  }
});

test("refuses what would silently mean something else", () => {
  assert.throws(() => extendedExpression("[^\\W_]"), { code: "invalid_input", message: /\\W in brackets/ });
});

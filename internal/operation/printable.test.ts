import assert from "node:assert/strict";
import { test } from "node:test";
import { printable } from "./printable.ts";

test("escapes what forges lines, colours terminals and reorders text", () => {
  assert.equal(printable("a\r\nb\x1b[31mc\u202ed\u2028e\u0085"), "a\\u000d\\u000ab\\u001b[31mc\\u202ed\\u2028e\\u0085");
});

test("leaves letters, emoji and other scripts alone", () => {
  assert.equal(printable("Grüße 👩 日本 עברית"), "Grüße 👩 日本 עברית");
});

test("cuts what is too long and mends a lone surrogate", () => {
  assert.equal(printable("abcdef", 3), "abc...");
  assert.equal(printable("a\ud83d"), "a\ufffd");
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { newestLines } from "./newest-lines.ts";

describe("the newest lines", () => {
  test("are all of them when they fit", () => {
    assert.deepEqual(newestLines("a\nb\n", 4), { text: "a\nb\n", lines: 2, cut_bytes: 0 });
    assert.deepEqual(newestLines("", 4), { text: "", lines: 0, cut_bytes: 0 });
  });

  test("are whole ones, and say how much is missing", () => {
    assert.deepEqual(newestLines("first\nsecond\nthird\n", 14), { text: "second\nthird\n", lines: 2, cut_bytes: 6 });
    assert.deepEqual(newestLines("first\nsecond\nthird\n", 10), { text: "third\n", lines: 1, cut_bytes: 13 });
  });

  test("are the end of a line that is longer than allowed", () => {
    assert.deepEqual(newestLines("0123456789", 4), { text: "6789", lines: 1, cut_bytes: 6 });
  });

  test("never take more than allowed, nor half a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 50 }), (text, max) => {
        const { text: kept, cut_bytes } = newestLines(text, max);
        assert.ok(text.endsWith(kept));
        assert.ok(Buffer.byteLength(kept) <= max);
        assert.equal(cut_bytes + Buffer.byteLength(kept), Buffer.byteLength(text));
      }),
    );
  });
});

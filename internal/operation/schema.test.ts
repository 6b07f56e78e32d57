import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Problem } from "../problem/problem.ts";
import { decodeCursor, encodeCursor } from "./page.ts";
import { canonicalJson, hashOf } from "./schema.ts";

describe("canonical JSON", () => {
  test("does not depend on the order of keys, and parses back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(hashOf(reversed), hashOf(value));
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("tells different values apart", () => {
    assert.notEqual(hashOf({ a: [1, 2] }), hashOf({ a: [2, 1] }));
    assert.notEqual(hashOf({ a: "1" }), hashOf({ a: 1 }));
  });
});

describe("cursor", () => {
  test("comes back as it went in", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (key) =>
        assert.deepEqual(decodeCursor(encodeCursor(key), key.length), key),
      ),
    );
  });

  test("is refused when this list did not make it", () => {
    for (const cursor of ["x", "", encodeCursor(["1", "2"]), Buffer.from("{}").toString("base64url")]) {
      assert.throws(
        () => decodeCursor(cursor, 1),
        (thrown: unknown) => thrown instanceof Problem && thrown.code === "invalid_input",
      );
    }
  });
});

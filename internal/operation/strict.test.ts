import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import type { Problem } from "../problem/problem.ts";
import { coerce } from "./coerce.ts";
import { jsonSchemaOf } from "./schema.ts";
import { parseStrictly } from "./strict.ts";

const Input = z.object({
  space: z.string(),
  limits: z.object({ memory: z.number() }).meta({ id: "LimitsOfTest" }).optional(),
  list: z.array(z.object({ name: z.string() })).optional(),
  choice: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), first: z.string() }),
      z.object({ kind: z.literal("b") }),
    ])
    .optional(),
  env: z.record(z.string(), z.string()).optional(),
});

function errorsOf(raw: unknown): readonly string[] {
  try {
    parseStrictly(Input, raw);
    return [];
  } catch (thrown) {
    return (thrown as Problem).errors.map(({ path, message }) => `${path} ${message}`);
  }
}

describe("parseStrictly", () => {
  test("takes what the schema knows, free keys of records included", () => {
    const input = {
      space: "dev",
      limits: { memory: 1 },
      list: [{ name: "x" }],
      choice: { kind: "a", first: "y" },
      env: { FREE: "1" },
    };
    assert.deepEqual(parseStrictly(Input, input), input);
  });

  test("names the nearest field for a misspelt one", () => {
    assert.deepEqual(errorsOf({ space: "dev", limit: {} }), ['/limit is not a known field; did you mean "limits"?']);
  });

  test("refuses unknown fields inside references, lists and unions", () => {
    const errors = errorsOf({
      space: "dev",
      limits: { memory: 1, cpu: 2 },
      list: [{ nam: "x", name: "y" }],
      choice: { kind: "b", owner: 1 },
    });
    assert.deepEqual(
      errors.map((error) => error.split(" ")[0]),
      ["/limits/cpu", "/list/0/nam", "/choice/owner"],
    );
  });

  test("refuses an own __proto__ key", () => {
    assert.match(
      errorsOf(JSON.parse('{"space":"dev","__proto__":{"role":"admin"}}'))[0] ?? "",
      /^\/__proto__ is not a known field/,
    );
  });

  test("reports unknown fields and wrong values together", () => {
    assert.equal(errorsOf({ space: 1, owner_id: "x" }).length, 2);
  });
});

describe("coerce", () => {
  const schema = jsonSchemaOf(
    z.object({
      n: z.number(),
      b: z.boolean(),
      l: z.array(z.number()),
      o: z.object({ x: z.number() }),
      s: z.string(),
      u: z.number().nullable(),
    }),
    "input",
  );
  const field = (name: string) => (schema["properties"] as Record<string, object>)[name] as typeof schema;

  test("gives numbers, booleans, lists, objects and null their types", () => {
    assert.equal(coerce(field("n"), ["12"], schema), 12);
    assert.equal(coerce(field("b"), ["false"], schema), false);
    assert.deepEqual(coerce(field("l"), ["1", "2"], schema), [1, 2]);
    assert.deepEqual(coerce(field("l"), ["1"], schema), [1]);
    assert.deepEqual(coerce(field("o"), ['{"x":1}'], schema), { x: 1 });
    assert.equal(coerce(field("u"), ["null"], schema), null);
  });

  test("leaves a string that looks like a number a string", () => {
    assert.equal(coerce(field("s"), ["0012"], schema), "0012");
  });

  test("leaves what does not fit for the schema to refuse", () => {
    assert.equal(coerce(field("n"), ["twelve"], schema), "twelve");
    assert.equal(coerce(field("b"), ["yes"], schema), "yes");
    assert.equal(coerce(field("o"), ["{x"], schema), "{x");
    assert.deepEqual(coerce(field("s"), ["a", "b"], schema), ["a", "b"]);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { jsonSchemaOf } from "../operation/schema.ts";
import { compactParameters, toolSchema } from "./tool-schema.ts";

const shown = (shape: z.ZodRawShape) => toolSchema(jsonSchemaOf(z.object(shape), "output"));

describe("a schema as models read it", () => {
  test("has one type each", () => {
    const note = z.string().min(2).nullable().describe("A note");
    const amount = z.union([z.string(), z.number()]).nullable();
    const { properties } = shown({ note, list: z.array(note), amount });
    const wanted = { ...{ description: "A note" }, anyOf: [{ type: "string", minLength: 2 }, { type: "null" }] };
    assert.deepEqual(properties, {
      ...{ note: wanted, list: { type: "array", items: wanted } },
      amount: { anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }] },
    });
    const types = shown({ type: z.string().nullable() });
    assert.deepEqual(types["properties"], { type: { anyOf: [{ type: "string" }, { type: "null" }] } });
  });

  test("reads in one line as before", () => {
    const input_schema = shown({ note: z.string().nullable(), size: z.number().nullable().optional() });
    assert.equal(compactParameters({ input_schema }), "note: string | null, size?: number | null");
  });

  test("names the fields of the objects in a list, unless they are many", () => {
    const edit = z.object({ search: z.string(), count: z.number().optional() });
    const compact = (schema: z.ZodType) => compactParameters({ input_schema: shown({ edits: z.array(schema) }) });
    assert.equal(compact(edit), "edits: {search: string, count?: number}[]");
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field_${index}`, z.string()]));
    assert.equal(compact(z.object(many)), "edits: object[]");
  });

  test("says that any further field is meant", () => {
    const { properties } = shown({ data: z.record(z.string(), z.unknown()) });
    assert.equal((properties as { data: { additionalProperties: unknown } }).data.additionalProperties, true);
  });

  test("has no bounds that every integer keeps", () => {
    assert.deepEqual(shown({ count: z.int().min(1) })["properties"], { count: { type: "integer", minimum: 1 } });
  });
});

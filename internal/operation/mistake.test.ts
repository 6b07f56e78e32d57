import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { mistakeIn } from "./mistake.ts";

const messageOf = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value, { error: mistakeIn }).error?.issues[0]?.message;

describe("a mistake in the input", () => {
  for (const [schema, value, message] of [
    [z.object({ name: z.string() }), {}, "is missing"],
    [z.string(), 1, "must be a string"],
    [z.number(), "1", "must be a number"],
    [z.int(), 1.5, "must be a whole number"],
    [z.boolean(), "yes", "must be true or false"],
    [z.array(z.string()), "a", "must be a list"],
    [z.object({}), [], "must be an object"],
    [z.number().min(1), 0, "must be at least 1"],
    [z.number().max(9), 10, "must be at most 9"],
    [z.number().gt(1), 1, "must be more than 1"],
    [z.string().min(1), "", "must not be empty"],
    [z.string().min(2), "a", "must have at least 2 characters"],
    [z.string().max(1), "ab", "must have at most 1 character"],
    [z.array(z.string()).max(2), ["a", "b", "c"], "must have at most 2 items"],
    [z.enum(["a", "b"]), "c", "must be one of a, b"],
    [z.enum(["auto", "always"]), "allways", "must be one of auto, always; did you mean always?"],
    [z.literal("a"), "b", "must be a"],
    [z.string().regex(/^a+$/), "b", "must have the form /^a+$/"],
    [z.email(), "b", "must be a valid email"],
    [z.union([z.string(), z.number()]), true, "has none of the forms that are allowed here"],
    [z.string().regex(/^a+$/, "must be all a"), "b", "must be all a"],
    [z.string().min(2, "is too short for a name"), "a", "is too short for a name"],
  ] as const) {
    test(`of ${JSON.stringify(value)} reads: ${message}`, () => assert.equal(messageOf(schema, value), message));
  }
});

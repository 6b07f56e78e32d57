import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createCall, type Door } from "../operation/call.ts";
import { type Permission, permissionNames } from "../operation/permission.ts";
import { type Scope, scopes } from "../operation/principal.ts";
import { principal } from "../testkit/principal.ts";
import { waistOf } from "../testkit/waist.ts";
import { Catalogue } from "./catalogue.ts";
import type { Tool } from "./tool.ts";
import { UnknownTool } from "./unknown-tool.ts";

const doors: readonly Door[] = ["web", "rest", "cli", "mcp", "assistant"];

/** Each tool has a word of its own in all its texts, so that a leak of any of them can be seen. */
const toolOf = (
  at: number,
  parts: Pick<Tool, "permission" | "effect" | "visibility">,
): Tool & { readonly word: string } => {
  const word = `zebra${String.fromCharCode(97 + at)}x`;
  return {
    ...parts,
    word,
    name: `look_${word}`,
    title: `Look ${word}`,
    description: `Look at ${word}.`,
    origin: "knot",
    asks: false,
    schema_hash: word,
    parse: (raw) => raw,
    label: () => word,
    run: async () => ({ word }),
    input_schema: { type: "object", properties: { [word]: { type: "string" } } },
    output_schema: null,
    annotations: {},
    keywords: [word],
    result: () => ({ content: [] }),
  };
};

const tools = fc
  .array(
    fc.record({
      permission: fc.constantFrom<Permission | null>(null, ...permissionNames),
      effect: fc.constantFrom("read" as const, "write" as const, "destroy" as const),
      visibility: fc.constantFrom("native" as const, "discoverable" as const, "hidden" as const),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) => all.map((parts, at) => toolOf(at, parts)));

const callers = fc.record({
  door: fc.constantFrom(...doors),
  permissions: fc.subarray([...permissionNames]).map((names) => new Set<Permission>(names)),
  scopes: fc.subarray([...scopes]).map((names) => new Set<Scope>(names)),
});

describe("a tool a caller may not call, or that is hidden", () => {
  test("appears in no list, search or suggestion, whoever asks", async () => {
    await fc.assert(
      fc.asyncProperty(tools, callers, async (all, { door, ...rights }) => {
        const { waist } = waistOf();
        const source = { name: "knot", list: () => all, find: () => undefined, onChange: () => () => {} };
        const catalogue = new Catalogue({ sources: [source], waist });
        const call = createCall({ principal: principal(rights), door });
        const answer = async (name: string, args: object) =>
          JSON.stringify(
            await catalogue.call(name, args, call).catch((thrown: UnknownTool) => [thrown.message, thrown.near]),
          );
        const seen = [
          catalogue.listJson(call, "native"),
          catalogue.listJson(call, "discovery"),
          await answer("tool_search", { query: `look ${all.map(({ word }) => word).join(" ")}`, max_results: 20 }),
          await answer("tool_search", { query: "look", detail: "full" }),
          await answer("execute_tool", { name: "look_zebr" }),
          await answer("look_zebra", {}),
        ].join("\n");
        for (const tool of all) {
          const callable = catalogue.find(tool.name, call) !== undefined;
          const mayShow = callable && tool.visibility !== "hidden";
          assert.equal(seen.includes(tool.word), mayShow, tool.name);
          const result = await catalogue.call(tool.name, {}, call).catch((thrown) => thrown);
          assert.equal(result instanceof UnknownTool, !callable);
          const inner = await catalogue.call("execute_tool", { name: tool.name }, call);
          assert.equal(inner.isError !== true, callable);
        }
      }),
      { numRuns: 200 },
    );
  });
});

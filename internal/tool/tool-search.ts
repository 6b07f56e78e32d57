import { z } from "zod";
import type { Call } from "../operation/call.ts";
import { hashOf, jsonSchemaOf } from "../operation/schema.ts";
import { parseStrictly } from "../operation/strict.ts";
import type { Hit } from "./search.ts";
import type { Tool } from "./tool.ts";
import { structuredResult } from "./tool-result.ts";
import { compactParameters, orProblem, toolSchema } from "./tool-schema.ts";

const Input = z.object({
  query: z.string().trim().min(1).max(2000).describe("What you want to do, in plain words"),
  max_results: z.int().min(1).max(20).default(5).describe("How many to return at most, 1 to 20"),
  detail: z
    .enum(["compact", "full"])
    .default("compact")
    .describe("full: the input schema of every result, not only of the best"),
});

type Input = z.output<typeof Input>;

const Output = z.object({
  tools: z
    .array(
      z.object({
        name: z.string(),
        description: z.string(),
        parameters: z.string(),
        effect: z.enum(["read", "write", "destroy"]),
        origin: z.string(),
        score: z.number(),
        input_schema: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .describe("Best first"),
  hint: z.string().optional().describe("What to do when nothing was found, or not all could be shown"),
});

const description =
  "Find tools by what you want to do; search once per step. Returns names, parameters, and the best match's input " +
  "schema. Run a result with execute_tool.";

const nothing =
  'No tool you may use matches. Use other words: an action and a thing, such as "read file" or "start space"; one ' +
  "step per search. If that finds nothing, the capability is not connected or your role does not allow it.";

/** Of the one line of parameters; the schemas of strangers can be large. */
const parameterChars = 600;
/** Of all schemas of one answer, but for the best match's, without which it could not be called. */
const schemaChars = 32_000;

/** What tool_search asks the catalogue for: the tools this caller may find, best first. */
export type Find = (query: string, limit: number, call: Call) => Promise<readonly Found[]>;

type Found = Hit & { readonly tool: Tool };

/** The tool that finds tools. It shows a caller nothing that caller may not call. */
export function createToolSearch(find: Find): Tool {
  const input_schema = toolSchema(jsonSchemaOf(Input, "input"));
  return {
    name: "tool_search",
    title: "Search tools",
    description,
    effect: "read",
    permission: null,
    origin: "knot",
    asks: false,
    schema_hash: hashOf(["tool_search", description, input_schema]),
    parse: (raw) => parseStrictly(Input, raw ?? {}),
    label: ({ query }: Input) => `Search tools for "${query.slice(0, 100)}"`,
    run: async (call, { query, max_results, detail }: Input) => found(await find(query, max_results, call), detail),
    input_schema,
    output_schema: orProblem(toolSchema(jsonSchemaOf(Output, "output"))),
    annotations: { title: "Search tools", readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    visibility: "native",
    keywords: [],
    result: structuredResult,
  };
}

function found(hits: readonly Found[], detail: Input["detail"]): unknown {
  if (hits.length === 0) return { tools: [], hint: nothing };
  const left: string[] = [];
  let chars = 0;
  const schemaOf = (tool: Tool, at: number) => {
    if (at > 0 && detail === "compact") return {};
    chars += JSON.stringify(tool.input_schema).length;
    if (at === 0 || chars <= schemaChars) return { input_schema: tool.input_schema };
    left.push(tool.name);
    return {};
  };
  const tools = hits.map(({ tool, score }, at) => ({
    name: tool.name,
    description: firstLine(tool.description),
    parameters: cut(compactParameters(tool), parameterChars),
    effect: tool.effect,
    origin: tool.origin,
    score: Number(score.toFixed(2)),
    ...schemaOf(tool, at),
  }));
  if (left.length === 0) return { tools };
  return { tools, hint: `Too much for one answer: the schemas of ${left.join(", ")}. Search for one by its name.` };
}

const firstLine = (text: string): string => cut(text.trim().split("\n", 1)[0] ?? "", 160);

const cut = (text: string, limit: number): string =>
  text.length > limit ? `${text.slice(0, limit - 3).toWellFormed()}...` : text;

import { z } from "zod";
import { hashOf } from "../operation/schema.ts";
import { parseStrictly } from "../operation/strict.ts";
import { Problem } from "../problem/problem.ts";
import type { Tool } from "./tool.ts";
import { structuredResult } from "./tool-result.ts";

const description =
  "Run a tool that tool_search found. The same permissions and approvals apply as when it is called by its name.";

const input_schema = {
  type: "object",
  properties: {
    name: { type: "string", description: "The tool's name, as tool_search gave it" },
    arguments: { type: "object", description: "The tool's arguments, as its input schema wants them" },
  },
  required: ["name"],
} as const;

const Input = z.object({
  name: z.string().min(1).max(300),
  arguments: z.union([z.record(z.string(), z.unknown()), z.string()]).nullish(),
  parameters: z.union([z.record(z.string(), z.unknown()), z.string()]).nullish(),
});

/** What execute_tool looks like in a list. It never runs itself: the catalogue calls the inner tool in its place. */
export const executeTool: Tool = {
  name: "execute_tool",
  title: "Run a tool",
  description,
  effect: "read",
  permission: null,
  origin: "knot",
  asks: false,
  schema_hash: hashOf(["execute_tool", description, input_schema]),
  parse: (raw) => innerCall(raw),
  label: () => "Run a tool",
  run: async () => {
    throw new Problem("internal", "execute_tool was run as itself.");
  },
  input_schema,
  output_schema: null,
  annotations: { title: "Run a tool", readOnlyHint: false, destructiveHint: true, openWorldHint: true },
  visibility: "native",
  keywords: [],
  result: structuredResult,
};

/** Which tool execute_tool was asked to run, with what. `parameters` is another name for `arguments`. Throws `invalid_input`. */
export function innerCall(raw: unknown): { readonly name: string; readonly args: unknown } {
  const { name, arguments: args, parameters } = parseStrictly(Input, raw ?? {});
  if (name === "execute_tool") throw wrong("/name", "cannot be execute_tool itself; name the tool to run");
  if (args != null && parameters != null) throw wrong("/parameters", "is another name for arguments; give only one");
  return { name, args: objectOf(args ?? parameters ?? {}) };
}

/** Some models write the arguments as a text of JSON. */
function objectOf(args: Readonly<Record<string, unknown>> | string): unknown {
  if (typeof args !== "string") return args;
  try {
    const parsed: unknown = JSON.parse(args);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // refused below, as every other text
  }
  throw wrong("/arguments", "must be an object");
}

const wrong = (path: string, message: string): Problem =>
  new Problem("invalid_input", `${path}: ${message}.`, { errors: [{ path, message }] });

import { Buffer } from "node:buffer";
import type { Call } from "../operation/call.ts";
import type { Effect } from "../operation/operation.ts";
import { printable, visible } from "../operation/printable.ts";
import { hashOf, type JsonSchema } from "../operation/schema.ts";
import { Problem } from "../problem/problem.ts";
import type { Annotations, Tool, ToolResult } from "../tool/tool.ts";
import { isDeeper } from "./depth.ts";
import { hasValidHeaderMarks } from "./header-marks.ts";
import { limits, type UpstreamServer } from "./server.ts";
import type { RawTool } from "./session.ts";

/** A tool of a server, with the name the server knows it by. */
export type RemoteTool = Tool & { readonly remote_name: string };

/** The parts of a schema that are text for people and models. */
const shownKeys: ReadonlySet<string> = new Set(["title", "description"]);

/** What calling any remote tool needs. */
export const permission = "integrations.use";

/** The listed name that a listed name or `namespace.tool` stands for; null when it is not one of this server's. */
export function toolName({ namespace, separator = "__" }: UpstreamServer, name: string): string | null {
  for (const prefix of [`${namespace}${separator}`, `${namespace}.`]) {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length).replaceAll(".", "_") : "";
    if (/^[A-Za-z0-9_-]+$/.test(rest)) return `${namespace}${separator}${rest}`;
  }
  return null;
}

/** Calls a tool where it lives. */
export type RunRemote = (tool: RemoteTool, args: object, call: Call) => Promise<ToolResult>;

/** The tools of a listing that can be used, and why the others cannot. Two tools under one name are both left out. */
export function toolsFrom(
  server: UpstreamServer,
  listed: readonly RawTool[],
  run: RunRemote,
): { readonly tools: readonly RemoteTool[]; readonly warnings: readonly string[] } {
  const byName = new Map<string, RemoteTool[]>();
  const warnings: string[] = [];
  for (const raw of listed) {
    const made = toolFrom(server, raw, run);
    if (typeof made === "string") {
      warnings.push(made);
      continue;
    }
    byName.set(made.name, [...(byName.get(made.name) ?? []), made]);
    if (hides(raw)) warnings.push(`${printable(made.remote_name, 100)} hid characters in its texts; they are left out`);
  }
  const tools = [...byName.values()].flatMap((same) => (same.length === 1 ? same : []));
  for (const [name, same] of byName) if (same.length > 1) warnings.push(`two tools would be called ${name}`);
  return { tools, warnings: warnings.slice(0, 20) };
}

function toolFrom(server: UpstreamServer, raw: RawTool, run: RunRemote): RemoteTool | string {
  if (typeof raw !== "object" || raw === null || typeof raw.name !== "string") return "a tool without a name";
  const { namespace, separator = "__", tool_visibility = "discoverable", hidden = [], trusted = false } = server;
  const shown = printable(raw.name, 100);
  // dots are legal in MCP names but not in the function names of models
  const name = `${namespace}${separator}${raw.name.replaceAll(".", "_")}`;
  if (!/^[A-Za-z0-9_-]+$/.test(name) || name.length > limits.nameChars)
    return `the name "${shown}" is not one that models can call`;
  const input_schema = schemaFrom(raw.inputSchema);
  if (input_schema === null) return `the input schema of ${shown} is missing, too large or too deep`;
  if (!hasValidHeaderMarks(input_schema)) return `the header names in the input schema of ${shown} break the rules`;
  const hints = (typeof raw.annotations === "object" && raw.annotations !== null ? raw.annotations : {}) as Annotations;
  const effect = effectOf(hints, trusted);
  const title = textFrom(raw.title) || textFrom(hints.title) || raw.name;
  const description = textFrom(raw.description).slice(0, limits.descriptionChars).toWellFormed();
  const tool: RemoteTool = {
    name,
    remote_name: raw.name,
    title: printable(title, 200),
    description,
    effect,
    permission,
    origin: namespace,
    asks: effect !== "read",
    schema_hash: hashOf([name, description, input_schema]),
    parse: objectFrom,
    label: () => `Call ${shown} of ${namespace}`,
    run: (call, args) => run(tool, args, call),
    input_schema,
    output_schema: schemaFrom(raw.outputSchema),
    annotations: {
      title: printable(title, 200),
      readOnlyHint: effect === "read",
      destructiveHint: effect === "destroy",
      idempotentHint: hints.idempotentHint === true,
      openWorldHint: hints.openWorldHint !== false,
    },
    visibility: hidden.includes(raw.name) ? "hidden" : tool_visibility,
    keywords: [],
    result: (output) => output as ToolResult,
  };
  return tool;
}

/** A stranger's word that nothing changes counts only when the operator trusts the server; a warning always counts. */
function effectOf({ readOnlyHint, destructiveHint }: Annotations, trusted: boolean): Effect {
  if (trusted && readOnlyHint === true) return "read";
  return destructiveHint === true ? "destroy" : "write";
}

const textFrom = (value: unknown): string => (typeof value === "string" ? visible(value).trim() : "");

/** Whether a text that models are shown has characters that people are not. */
function hides({ title, description, inputSchema, outputSchema }: RawTool): boolean {
  let found = false;
  const look = (key: string, value: unknown) => {
    if (shownKeys.has(key) && typeof value === "string") found ||= visible(value) !== value.replaceAll("\r\n", "\n");
    return value;
  };
  JSON.stringify({ title, description, inputSchema, outputSchema }, look);
  return found;
}

function objectFrom(raw: unknown): object {
  if (raw === undefined || raw === null) return {};
  if (typeof raw === "object" && !Array.isArray(raw)) return raw;
  throw new Problem("invalid_input", "The arguments must be an object.", {
    errors: [{ path: "", message: "must be an object" }],
  });
}

/** An object schema of tolerable size and depth. The dialect MCP implies is left out: validators of draft-07 refuse it. */
function schemaFrom(raw: unknown): JsonSchema | null {
  if (typeof raw !== "object" || raw === null || (raw as JsonSchema)["type"] !== "object") return null;
  if (isDeeper(raw, limits.schemaDepth)) return null;
  const text = JSON.stringify(raw, (key, value) =>
    shownKeys.has(key) && typeof value === "string" ? visible(value) : value,
  );
  if (Buffer.byteLength(text) > limits.schemaBytes) return null;
  const { $schema, ...rest } = JSON.parse(text) as JsonSchema;
  return $schema === undefined || (typeof $schema === "string" && $schema.includes("2020-12"))
    ? rest
    : { $schema, ...rest };
}

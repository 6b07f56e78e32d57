import type { Call } from "../operation/call.ts";
import type { Problem } from "../problem/problem.ts";
import type { Tool, ToolResult } from "./tool.ts";
import { compactParameters } from "./tool-schema.ts";

/** A result of plain data: as structured content, and as compact JSON for clients that only read text. */
export const structuredResult = (output: unknown): ToolResult => ({
  content: [{ type: "text", text: JSON.stringify(output) }],
  structuredContent: output as Readonly<Record<string, unknown>>,
});

/**
 * A problem as a tool result, so that the model can read it and try again. An invalid input brings the schema that was
 * expected. A connected server's own output schema may refuse the document; then it travels as `_meta`, for doors.
 */
export function problemResult(problem: Problem, call: Call, tool?: Tool): ToolResult {
  const wrongInput = problem.code === "invalid_input" && tool !== undefined;
  const lines = [
    `${problem.code}: ${problem.message}`,
    ...(problem.errors.length > 1 ? problem.errors.map(({ path, message }) => `- ${path || "/"}: ${message}`) : []),
    ...(wrongInput ? [`${tool.name} takes: ${compactParameters(tool) || "nothing"}`] : []),
  ];
  const document = {
    ...problem.toDocument(call.id),
    ...(wrongInput ? { expected_schema: tool.input_schema } : {}),
  };
  const fits = tool === undefined || tool.output_schema === null || tool.origin === "knot";
  return {
    isError: true,
    content: [{ type: "text", text: lines.join("\n") }],
    ...(fits ? { structuredContent: document } : { _meta: { "knot/problem": document } }),
  };
}

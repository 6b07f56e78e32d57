import { type AnyOperation, hintsOf } from "../operation/operation.ts";
import { links, page, table } from "./markdown.ts";

const intro = `What \`/mcp\` offers of knot itself. Native tools are listed; discoverable ones are found with \`tool_search\` and run with
\`execute_tool\`; hidden ones answer only to their name. The tools of connected servers come on top, as \`namespace__tool\`. A client
sees only what its user and its token may call. Names and inputs are those of the [operations](operations.md).`;

/** docs/reference/tools.md: the operations as an AI client sees them. */
export function toolsMarkdown(operations: readonly AnyOperation[]): string {
  const tools = operations.filter((op) => op.tool !== null);
  const parts = (["native", "discoverable", "hidden"] as const).flatMap((visibility) => {
    const rows = tools
      .filter((op) => op.tool?.visibility === visibility)
      .map((op) => [links([op.name], "operations.md"), op.title, hintText(op), op.tool?.keywords.join(", ") ?? ""]);
    return rows.length === 0
      ? []
      : [`## ${visibility}`, table(["Tool", "What it does", "Hints", "Also found by"], rows)];
  });
  return page("Tools", intro, parts);
}

function hintText(op: AnyOperation): string {
  const hints = hintsOf(op);
  const words = [
    ...(hints.readOnlyHint ? ["read-only"] : []),
    ...(hints.destructiveHint ? ["destructive"] : []),
    ...(hints.idempotentHint ? ["idempotent"] : []),
  ];
  return words.join(", ");
}

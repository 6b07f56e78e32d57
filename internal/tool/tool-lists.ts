import type { Call } from "../operation/call.ts";
import type { Mode } from "./reach.ts";
import type { Tool } from "./tool.ts";

/** A tool as MCP's tools/list names its parts (2025-11-25, schema Tool). */
const listedTool = (tool: Tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: tool.input_schema,
  ...(tool.output_schema === null ? {} : { outputSchema: tool.output_schema }),
  annotations: tool.annotations,
});

/** How many kinds of callers are remembered; roles and scopes make few. */
const kept = 64;

/** The lists as JSON, one for each set of rights, until the catalogue changes. */
export class ToolLists {
  readonly #texts = new WeakMap<Tool, string>();
  readonly #lists = new Map<string, string>();

  json(call: Pick<Call, "principal" | "door">, mode: Mode, list: () => readonly Tool[]): string {
    const key = rightsOf(call, mode);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const made = `[${list()
      .map((tool) => this.#text(tool))
      .join(",")}]`;
    if (this.#lists.size >= kept) this.#lists.clear();
    this.#lists.set(key, made);
    return made;
  }

  clear(): void {
    this.#lists.clear();
  }

  #text(tool: Tool): string {
    const known = this.#texts.get(tool) ?? JSON.stringify(listedTool(tool));
    this.#texts.set(tool, known);
    return known;
  }
}

/** All that the rule of reach looks at, as a text. */
const rightsOf = ({ principal, door }: Pick<Call, "principal" | "door">, mode: Mode): string =>
  [mode, door, ...[...principal.scopes].sort(), "/", ...[...principal.permissions].sort()].join(" ");

import type { SearchDocument, ToolIndex } from "./search.ts";
import type { Tool } from "./tool.ts";

/** So many tools are analysed before others get their turn: a few milliseconds. */
const slice = 50;

/** Keeps the index of the search in step with the tools, a slice at a time: a thousand new tools hold nobody up. */
export class Indexing {
  readonly #index: Pick<ToolIndex, "add" | "remove">;
  readonly #waiting = new Map<string, Tool>();
  #turn: Promise<void> | null = null;

  constructor(index: Pick<ToolIndex, "add" | "remove">) {
    this.#index = index;
  }

  put(tool: Tool): void {
    if (tool.visibility === "hidden") {
      this.remove(tool.name);
      return;
    }
    this.#waiting.set(tool.name, tool);
    this.#turn ??= this.#takeTurns();
  }

  remove(name: string): void {
    this.#waiting.delete(name);
    this.#index.remove(name);
  }

  /** Resolves when every tool of now is in the index. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** Takes all at once: before anyone is there to wait. */
  now(): void {
    this.#take(this.#waiting.size);
  }

  close(): void {
    this.#waiting.clear();
  }

  async #takeTurns(): Promise<void> {
    // what is put in one go is taken together
    await Promise.resolve();
    for (;;) {
      this.#take(slice);
      if (this.#waiting.size === 0) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#turn = null;
  }

  #take(count: number): void {
    for (const [name, tool] of [...this.#waiting].slice(0, count)) {
      this.#waiting.delete(name);
      this.#index.add(documentOf(tool));
    }
  }
}

function documentOf(tool: Tool): SearchDocument {
  const properties = Object.entries((tool.input_schema["properties"] ?? {}) as Record<string, unknown>);
  return {
    id: tool.name,
    server: tool.origin === "knot" ? "" : tool.origin,
    name: tool.origin === "knot" ? tool.name : tool.name.slice(tool.origin.length),
    title: tool.title,
    description: tool.description,
    keywords: tool.keywords,
    parameters: properties.map(([name, schema]) => ({ name, text: textOf(schema) })),
  };
}

function textOf(schema: unknown): string {
  if (typeof schema !== "object" || schema === null) return "";
  const { description, enum: values } = schema as { description?: unknown; enum?: unknown };
  return `${typeof description === "string" ? description : ""} ${Array.isArray(values) ? values.join(" ") : ""}`;
}

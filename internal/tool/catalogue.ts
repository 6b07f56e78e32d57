import type { Call } from "../operation/call.ts";
import { isAllowed, type Waist } from "../operation/waist.ts";
import { nearest } from "../problem/nearest.ts";
import { Problem, problemOf } from "../problem/problem.ts";
import { executeTool, innerCall } from "./execute-tool.ts";
import { Indexing } from "./indexing.ts";
import { isFindable, isListed, type Mode, reachOf } from "./reach.ts";
import { ToolIndex } from "./search.ts";
import type { SourceChange, Tool, ToolResult, ToolSource } from "./tool.ts";
import { ToolLists } from "./tool-lists.ts";
import { problemResult } from "./tool-result.ts";
import { createToolSearch } from "./tool-search.ts";
import { UnknownTool } from "./unknown-tool.ts";

export type CatalogueDeps = {
  /** Earlier ones win where two have a tool of the same name. */
  readonly sources: readonly ToolSource[];
  readonly waist: Pick<Waist, "pass">;
};

const nearLimit = 3;
/** Comparing a mistyped name with more than this many would be work a stranger can order. */
const comparedNames = 2000;

/** Every tool of every source in one view. All calls pass the waist; lists, search and suggestions obey the same rule. */
export class Catalogue {
  readonly #sources: readonly ToolSource[];
  readonly #waist: Pick<Waist, "pass">;
  readonly #index = new ToolIndex();
  readonly #indexing = new Indexing(this.#index);
  readonly #lists = new ToolLists();
  readonly #listeners = new Set<(change: SourceChange) => void>();
  readonly #toolSearch = createToolSearch(async (query, limit, call) => {
    await this.#indexing.settled();
    return this.#search(query, limit, call);
  });
  readonly #stops: readonly (() => void)[];
  #tools: ReadonlyMap<string, Tool> = new Map();
  #version = 0;

  constructor({ sources, waist }: CatalogueDeps) {
    this.#sources = sources;
    this.#waist = waist;
    this.#refresh();
    this.#indexing.now();
    this.#stops = sources.map((source) =>
      source.onChange((change) => {
        this.#refresh();
        for (const listener of this.#listeners) listener(change);
      }),
    );
  }

  /** Grows with every change of any list. */
  get version(): number {
    return this.#version;
  }

  /** What tools/list shows this caller: the pair first, then source by source, by name. */
  list(call: Pick<Call, "principal" | "door">, mode: Mode = "discovery"): readonly Tool[] {
    const pair = mode === "discovery" ? [this.#toolSearch, executeTool] : [];
    return [...pair, ...this.#tools.values()].filter((tool) => isListed(tool, call, mode));
  }

  /** As `list`, as the JSON text of MCP's `tools` array; made once for all callers with the same rights. */
  listJson(call: Pick<Call, "principal" | "door">, mode: Mode = "discovery"): string {
    return this.#lists.json(call, mode, () => this.list(call, mode));
  }

  /** The tool of this name or alias, whoever asks; with `call`, only when that caller may call it. */
  find(name: string, call?: Pick<Call, "principal" | "door">): Tool | undefined {
    const tool = this.#find(name);
    return tool !== undefined && call !== undefined && reachOf(tool, call) === null ? undefined : tool;
  }

  /**
   * Calls a tool through the waist. Problems come back as results; only a tool that does not exist for this caller
   * throws, as UnknownTool.
   */
  async call(name: string, args: unknown, call: Call): Promise<ToolResult> {
    if (name !== executeTool.name) return this.#call(name, args, call);
    try {
      const inner = innerCall(args);
      return await this.#call(inner.name, inner.args, call);
    } catch (thrown) {
      if (thrown instanceof UnknownTool) return problemResult(thrown, call);
      return problemResult(problemOf(thrown), call, executeTool);
    }
  }

  /** Hears of every change of the lists, after `version` has grown. Returns the way to stop. */
  onChange(listener: (change: SourceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops listening to the sources. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#indexing.close();
    this.#listeners.clear();
  }

  async #call(name: string, args: unknown, call: Call): Promise<ToolResult> {
    const tool = this.#find(name);
    if (tool === undefined) {
      const awaited = this.#awaited(name, call);
      if (awaited !== null) return problemResult(awaited, call);
      throw this.#unknown(name, call);
    }
    try {
      const [input, keyed] = tool.keyed ? takeKey(args, call) : [args, call];
      return tool.result(await this.#waist.pass(tool, input, keyed));
    } catch (thrown) {
      // the waist has written the denial down; the caller learns no more than of a tool that does not exist
      if (reachOf(tool, call) === null) throw this.#unknown(name, call);
      return problemResult(problemOf(thrown), call, tool);
    }
  }

  #find(name: string): Tool | undefined {
    if (name === this.#toolSearch.name) return this.#toolSearch;
    const tool = this.#tools.get(name);
    if (tool !== undefined) return tool;
    for (const source of this.#sources) {
      const aliased = source.find(name);
      if (aliased !== undefined && this.#tools.get(aliased.name) === aliased) return aliased;
    }
    return undefined;
  }

  #search(query: string, limit: number, call: Call) {
    const allows = (id: string) => isFindable(this.#tools.get(id) as Tool, call);
    const hits = this.#index
      .search(query, { limit, allows })
      .map(({ id, score }) => ({ id, score, tool: this.#tools.get(id) as Tool }));
    const named = this.#find(query);
    if (named === undefined || !this.#tools.has(named.name) || !isFindable(named, call)) return hits;
    const best = { id: named.name, score: hits[0]?.score ?? 1, tool: named };
    return [best, ...hits.filter(({ tool }) => tool !== named)].slice(0, limit);
  }

  /** Why a tool of a server that never came up is not there: "no such tool" would send its caller the wrong way. */
  #awaited(name: string, call: Call): Problem | null {
    for (const source of this.#sources) {
      const awaited = source.awaited?.(name) ?? null;
      if (awaited !== null && isAllowed({ permission: awaited.permission, effect: "write" }, call))
        return awaited.problem;
    }
    return null;
  }

  #unknown(name: string, call: Call): UnknownTool {
    const wanted = name.slice(0, 128);
    const allows = (id: string) => isFindable(this.#tools.get(id) as Tool, call);
    const names = [...this.#tools.keys()].slice(0, comparedNames).filter(allows);
    const close = nearest(wanted, names);
    const alike = this.#index.search(wanted, { limit: nearLimit, allows }).map(({ id }) => id);
    return new UnknownTool(name, [...new Set(close === undefined ? alike : [close, ...alike])].slice(0, nearLimit));
  }

  /** Takes over what the sources have now; only what changed is indexed again. */
  #refresh(): void {
    const tools = new Map<string, Tool>();
    for (const source of this.#sources) {
      for (const tool of [...source.list()].sort(byName)) {
        const taken = tools.has(tool.name) || tool.name === this.#toolSearch.name || tool.name === executeTool.name;
        if (!taken) tools.set(tool.name, tool);
      }
    }
    for (const [name] of this.#tools) if (!tools.has(name)) this.#indexing.remove(name);
    for (const [name, tool] of tools) if (this.#tools.get(name) !== tool) this.#indexing.put(tool);
    this.#tools = tools;
    this.#lists.clear();
    this.#version++;
  }
}

const byName = (a: Tool, b: Tool): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function takeKey(args: unknown, call: Call): readonly [unknown, Call] {
  if (typeof args !== "object" || args === null || !("idempotency_key" in args)) return [args, call];
  const { idempotency_key, ...rest } = args;
  if (typeof idempotency_key === "string" && idempotency_key.length > 0 && idempotency_key.length <= 255)
    return [rest, { ...call, idempotency_key }];
  const message = "must be a text of 1 to 255 characters";
  throw new Problem("invalid_input", `/idempotency_key: ${message}.`, {
    errors: [{ path: "/idempotency_key", message }],
  });
}

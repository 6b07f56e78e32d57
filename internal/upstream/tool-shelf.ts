import type { SourceChange } from "../tool/tool.ts";
import { type RemoteTool, type RunRemote, toolsFrom } from "./remote-tool.ts";
import type { UpstreamServer } from "./server.ts";
import type { Listing } from "./session.ts";

/** The tools of one server as they were last listed; they stay while the server is away. */
export class ToolShelf {
  readonly #server: UpstreamServer;
  readonly #run: RunRemote;
  readonly #listeners = new Set<(change: SourceChange) => void>();
  #tools: readonly RemoteTool[] = [];
  #byName: ReadonlyMap<string, RemoteTool> = new Map();
  #warnings: readonly string[] = [];

  constructor(server: UpstreamServer, run: RunRemote) {
    this.#server = server;
    this.#run = run;
  }

  /** Tools that are left out, and why. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  list(): readonly RemoteTool[] {
    return this.#tools;
  }

  find(name: string): RemoteTool | undefined {
    const prefix = `${this.#server.namespace}.`;
    const listed = this.#byName.get(name);
    if (listed !== undefined || !name.startsWith(prefix)) return listed;
    const wanted = name.slice(prefix.length);
    return this.#tools.find((tool) => tool.remote_name === wanted);
  }

  onChange(listener: (change: SourceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over a listing. Tools that did not change stay the same objects, so that nothing is indexed again for them. */
  adopt(listing: Listing): void {
    const made = toolsFrom(this.#server, listing.tools, this.#run);
    this.#warnings = [...listing.warnings, ...made.warnings];
    const before = this.#byName;
    this.#tools = made.tools.map((tool) => {
      const known = before.get(tool.name);
      return known !== undefined && isSame(known, tool) ? known : tool;
    });
    this.#byName = new Map(this.#tools.map((tool) => [tool.name, tool]));
    if (this.#tools.length === before.size && this.#tools.every((tool) => before.get(tool.name) === tool)) return;
    for (const listener of this.#listeners) listener({ user_id: null });
  }

  close(): void {
    this.#listeners.clear();
  }
}

const isSame = (a: RemoteTool, b: RemoteTool): boolean =>
  a.schema_hash === b.schema_hash && a.title === b.title && a.effect === b.effect && restOf(a) === restOf(b);

const restOf = (tool: RemoteTool): string => JSON.stringify([tool.annotations, tool.output_schema]);

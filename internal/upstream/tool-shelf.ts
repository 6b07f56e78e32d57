import type { SourceChange } from "../tool/tool.ts";
import { type RemoteTool, type RunRemote, toolsFrom } from "./remote-tool.ts";
import type { UpstreamServer } from "./server.ts";
import type { Listing } from "./session.ts";

/** Hears of tools that a server describes differently than before, by their listed names. */
export type OnRedescribed = (names: readonly string[]) => void;

/** Names whose last description is remembered; a server that makes up names all the time must not fill the memory. */
const remembered = 5000;

/** The tools of one server as they were last listed; they stay while the server is away. */
export class ToolShelf {
  readonly #server: UpstreamServer;
  readonly #run: RunRemote;
  readonly #onRedescribed: OnRedescribed;
  /** By name, also of tools that are gone: coming back as another is a change. */
  readonly #hashes = new Map<string, string>();
  #redescribed: string | null = null;
  readonly #listeners = new Set<(change: SourceChange) => void>();
  #tools: readonly RemoteTool[] = [];
  #byName: ReadonlyMap<string, RemoteTool> = new Map();
  #warnings: readonly string[] = [];

  constructor(server: UpstreamServer, run: RunRemote, onRedescribed: OnRedescribed) {
    this.#server = server;
    this.#run = run;
    this.#onRedescribed = onRedescribed;
  }

  /** Tools that are left out, and why; tools that are not what they were. */
  get warnings(): readonly string[] {
    return this.#redescribed === null ? this.#warnings : [this.#redescribed, ...this.#warnings];
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
    this.#compare();
    this.#byName = new Map(this.#tools.map((tool) => [tool.name, tool]));
    if (this.#tools.length === before.size && this.#tools.every((tool) => before.get(tool.name) === tool)) return;
    for (const listener of this.#listeners) listener({ user_id: null });
  }

  /** A tool that was looked at and then became another is the oldest trick (rug pull): it is not to go unseen. */
  #compare(): void {
    const changed = this.#tools.filter(({ name, schema_hash }) => {
      const before = this.#hashes.get(name);
      if (before !== undefined || this.#hashes.size < remembered) this.#hashes.set(name, schema_hash);
      return before !== undefined && before !== schema_hash;
    });
    if (changed.length === 0) return;
    const names = changed.map(({ name }) => name);
    const shown = names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
    this.#redescribed = `since ${new Date().toISOString()} with another description or schema: ${shown}`;
    this.#onRedescribed(names);
  }

  close(): void {
    this.#listeners.clear();
  }
}

const isSame = (a: RemoteTool, b: RemoteTool): boolean =>
  a.schema_hash === b.schema_hash && a.title === b.title && a.effect === b.effect && restOf(a) === restOf(b);

const restOf = (tool: RemoteTool): string => JSON.stringify([tool.annotations, tool.output_schema]);

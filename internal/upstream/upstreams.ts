import type { Capability } from "../operation/waist.ts";
import { permission, toolName } from "./remote-tool.ts";
import { checkServers, type UpstreamLog, type UpstreamServer } from "./server.ts";
import { type Redescribed, Upstream, type UpstreamStatus } from "./upstream.ts";

export type UpstreamsDeps = {
  readonly servers: readonly UpstreamServer[];
  /** The version knot gives itself when it introduces itself. */
  readonly version: string;
  readonly log?: UpstreamLog;
  /** Hears of tools that a server describes differently than before. */
  readonly onRedescribed?: (change: Redescribed) => void;
  readonly backoffMs?: { readonly first: number; readonly last: number };
  readonly restMs?: { readonly first: number; readonly last: number };
};

/** The pool of connected MCP servers. `sources` go into the catalogue; nothing here ever waits for a server. */
export type Upstreams = {
  readonly sources: readonly Upstream[];
  /** Begins to connect to all of them at once, in the background. */
  readonly start: () => void;
  /** By namespace. */
  readonly statuses: () => readonly UpstreamStatus[];
  /** What a tool of this name or alias would be called; null for a name that belongs to none of the servers. */
  readonly expected: (name: string) => Pick<Capability, "name" | "permission"> | null;
  /** Ends every connection and every child process. */
  readonly close: () => Promise<void>;
};

/** The pool of the configured servers; connects after `start`. Throws when the configuration cannot work. */
export function createUpstreams({ servers, log = () => {}, ...rest }: UpstreamsDeps): Upstreams {
  checkServers(servers);
  const deps = { ...rest, log };
  const sources = [...servers]
    .sort((a, b) => (a.namespace < b.namespace ? -1 : 1))
    .map((server) => new Upstream(server, deps));
  return {
    sources,
    start: () => {
      for (const source of sources) source.start();
    },
    statuses: () => sources.map((source) => source.status()),
    expected: (name) => {
      const [found] = servers.flatMap((server) => toolName(server, name) ?? []);
      return found === undefined ? null : { name: found, permission };
    },
    close: async () => {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

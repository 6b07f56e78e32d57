import type { Visibility } from "../operation/operation.ts";

/** A remote MCP server as configured; exactly one of `url` (Streamable HTTP) and `command` (stdio). */
export type UpstreamServer = {
  /** 1 to 32 of a-z, 0-9 and -; names the integration and prefixes its tools. */
  readonly namespace: string;
  readonly url?: string | undefined;
  /** Sent as bearer token; never logged. */
  readonly token?: string | undefined;
  /** Sent with every request; never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly command?: string | undefined;
  readonly args?: readonly string[];
  /** All the environment its process gets, beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly tool_visibility?: Visibility;
  /** Names of tools, as the server calls them, that are only callable by name. */
  readonly hidden?: readonly string[];
  /** Between namespace and tool in listed names; default `__`. */
  readonly separator?: string;
  readonly timeout_seconds?: number;
  /** Believe its read-only hints. */
  readonly trusted?: boolean;
};

/** One line of an integration's own log, such as a line of a child's stderr; already printable and bounded. */
export type UpstreamLog = (line: {
  readonly level: "info" | "warn";
  readonly namespace: string;
  readonly message: string;
}) => void;

export const limits = {
  /** Of one answer; also of one line on stdio and one event on a stream. */
  answerBytes: 4 * 1024 * 1024,
  /** Of one answer; parsers in other languages give up at a thousand. */
  answerDepth: 500,
  tools: 1000,
  pages: 100,
  descriptionChars: 4000,
  schemaBytes: 64 * 1024,
  schemaDepth: 40,
  nameChars: 128,
  connectMs: 10_000,
  /** After an attempt to connect that took longer than slowMs to fail, calls fail at once for restMs. */
  slowMs: 1000,
  restMs: 5000,
  backoffMs: { first: 1000, last: 60_000 },
  /** A connection that lived this long starts the backoff anew. */
  stableMs: 30_000,
  checkMs: 30_000,
  /** Between two listings that a server's announcements ask for; doubled for one that goes on announcing. */
  relistMs: { first: 250, last: 10_000 },
} as const;

const namespacePattern = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** Throws for a configuration that cannot work; `knot.toml` is checked before, other callers are not. */
export function checkServers(servers: readonly UpstreamServer[]): void {
  const seen = new Set<string>();
  for (const { namespace, url, command } of servers) {
    if (!namespacePattern.test(namespace))
      throw new Error(`The namespace ${JSON.stringify(namespace)} must be 1 to 32 of a-z, 0-9 and -.`);
    if (namespace === "knot") throw new Error('The namespace "knot" is that of knot\'s own tools.');
    if (seen.has(namespace)) throw new Error(`Two remote servers have the namespace "${namespace}".`);
    if ((url === undefined) === (command === undefined))
      throw new Error(`The remote server "${namespace}" needs either url or command.`);
    if (url !== undefined && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ""))
      throw new Error(`The url of the remote server "${namespace}" must be http or https.`);
    seen.add(namespace);
  }
}

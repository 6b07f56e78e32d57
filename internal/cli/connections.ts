import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Problem } from "../problem/problem.ts";
import type { Globals, Io } from "./command.ts";

/** A server and the token for it. */
export type Connection = { readonly server: string; readonly token?: string };

type Connections = Readonly<Record<string, Connection>>;

export const defaultAlias = "default";

/** Where the connections are kept: $XDG_CONFIG_HOME/knot/connections.json. */
export const connectionsFile = (env: Io["env"]): string =>
  join(env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config"), "knot", "connections.json");

/** The saved connections by name. Refuses a file that others may read: it holds tokens. */
export function readConnections(env: Io["env"]): Connections {
  const file = connectionsFile(env);
  if (!existsSync(file)) return {};
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Problem("conflict", `${file} holds tokens and others may read it. Run: chmod 600 ${file}`);
  }
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Connections;
  } catch (cause) {
    throw new Problem(
      "conflict",
      `${file} is not valid JSON. Repair it, or delete it and run \`knot connect\` again.`,
      { cause },
    );
  }
}

/** Replaces the saved connections as a whole, so that a crash leaves the old or the new ones. */
export function writeConnections(env: Io["env"], connections: Connections): void {
  const file = connectionsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(dirname(file), 0o700);
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(connections, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}

/** The server to talk to: flags, then --alias, then the environment, then the default connection. */
export function connectionFor(globals: Globals, env: Io["env"]): Connection {
  const token = tokenFrom(globals, env);
  const given = globals.server ?? (globals.alias === undefined ? env["KNOT_SERVER"] : undefined);
  if (given !== undefined && given !== "") {
    const server = serverUrl(given);
    // a saved token only ever goes to the server it was saved for
    const saved = Object.values(readConnections(env)).find((connection) => connection.server === server);
    return withToken(server, token ?? saved?.token);
  }
  const alias = globals.alias ?? defaultAlias;
  const saved = readConnections(env)[alias];
  if (saved !== undefined) return withToken(saved.server, token ?? saved.token);
  const what = globals.alias === undefined ? "No server is known" : `There is no connection "${alias}"`;
  throw new Problem("invalid_input", `${what}. Run \`knot connect URL\`, or set KNOT_SERVER and KNOT_TOKEN.`);
}

/** The address as it is stored and compared: without a slash at the end, and with nothing a token may leak to. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "") {
    const isBare = /^[\w.-]+(:\d+)?\/?$/.test(text);
    const meant = isBare ? `${/^(localhost|127\.)/.test(text) ? "http" : "https"}://${text}` : null;
    const hint = meant === null ? "Give one such as https://knot.example.com." : `Did you mean ${meant}?`;
    throw new Problem("invalid_input", `"${text}" is not the address of a server. ${hint}`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

const withToken = (server: string, token: string | undefined): Connection =>
  token === undefined ? { server } : { server, token };

function tokenFrom(globals: Globals, env: Io["env"]): string | undefined {
  if (globals.token !== undefined) return globals.token;
  if (globals.token_file === undefined) return env["KNOT_TOKEN"] || undefined;
  try {
    return readFileSync(globals.token_file, "utf8").trim();
  } catch (cause) {
    throw new Problem("invalid_input", `--token-file ${globals.token_file} cannot be read.`, { cause });
  }
}

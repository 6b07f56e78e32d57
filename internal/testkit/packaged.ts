import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Where a package that is installed keeps one of its files. */
export const packaged = (name: string, file: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);

/** The program of MCP's reference server, which has some of everything; its argument is the transport. */
export const everythingServer = packaged("@modelcontextprotocol/server-everything", "dist/index.js");

/** The part of a knot.toml that connects it over stdio as `local`. */
export const localEverything = `[[server.mcp.remote_servers]]
namespace = "local"
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(everythingServer)}, "stdio"]
`;

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const launcher = join(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);

/** Starts the MCP Inspector's CLI with a token, in a folder of its own for what it keeps. `answer` rejects unless it exits with 0. */
export async function inspect(
  url: string,
  token: string,
  ...args: string[]
): Promise<{ child: ChildProcess; answer: Promise<unknown> }> {
  const home = await mkdtemp(join(tmpdir(), "knot-inspector-"));
  const all = [launcher, "--cli", url, "--transport", "http", "--header", `Authorization: Bearer ${token}`, ...args];
  const env = { ...process.env, HOME: home, MCP_CATALOG_PATH: join(home, "catalog.json") };
  const child = spawn(process.execPath, all, { env, cwd: home, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => (output.stdout += chunk));
  child.stderr?.on("data", (chunk) => (output.stderr += chunk));
  const answer = once(child, "close").then(async ([code]) => {
    await rm(home, { recursive: true, force: true });
    if (code !== 0) throw new Error(`${code}: ${output.stdout}${output.stderr}`);
    return JSON.parse(output.stdout);
  });
  return { child, answer };
}

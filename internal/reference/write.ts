import { readFileSync } from "node:fs";
import { join } from "node:path";
import { localCommands } from "../app/commands.ts";
import { operations } from "../app/operations.ts";
import { configurationMarkdown, exampleToml } from "../config/example.ts";
import { referenceFiles } from "./reference.ts";
import { staleFiles, writeFiles } from "./stale.ts";

const root = join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const files = referenceFiles({ operations, version, extra: localCommands }, [
  { path: "docs/reference/configuration.md", text: configurationMarkdown },
  { path: "knot.toml.example", text: exampleToml },
]);

if (process.argv.includes("--check")) {
  const stale = staleFiles(files, root);
  for (const line of stale) console.error(`${line}: run \`make docs\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const path of writeFiles(files, root)) console.log(`wrote ${path}`);
}

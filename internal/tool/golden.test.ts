import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ToolIndex } from "./search.ts";

type Row = { name: string; description: string; keywords: string[]; parameters?: string[] };

const tools: Row[] = JSON.parse(readFileSync(join(import.meta.dirname, "testdata/tools.json"), "utf8"));

function indexOf(rows: readonly Row[]): ToolIndex {
  const index = new ToolIndex();
  for (const { name, description, keywords, parameters = [] } of rows) {
    const texts = parameters.map((parameter) => ({ name: parameter, text: "" }));
    index.add({ id: name, server: "", name, title: "", description, keywords, parameters: texts });
  }
  return index;
}

/** What a person or a model may say, and the tool that has to be among the first so many. */
const golden: readonly (readonly [query: string, tool: string, within: number])[] = [
  ["run a shell command", "run_command", 1],
  ["boot my environment", "start_space", 1],
  ["show me file contents", "read_file", 1],
  ["start a space", "start_space", 1],
  ["list my spaces please", "list_spaces", 1],
  ["create a new dev environment", "create_space", 1],
  ["shut down the environment", "stop_space", 1],
  ["get rid of a space", "delete_space", 2],
  ["which templates can I use", "list_templates", 1],
  ["reboot the workspace", "restart_space", 2],
  ["search for a regex in the source code", "grep", 2],
  ["locate files by name", "find", 1],
  ["save text to a file", "write_file", 1],
  ["replace a string in a file", "edit_file", 2],
  ["execute npm test in bash", "run_command", 1],
  ["rename a space", "update_space", 1],
  ["change how many replicas the pool has", "set_pool_size", 2],
  ["make a stack from a blueprint", "create_stack", 2],
  ["look up a how-to guide", "get_skill", 1],
  ["details of one space", "get_space", 2],
  ["cat /etc/hosts", "read_file", 1],
  ["statr spcae", "start_space", 3],
];

describe("the ranking of knot's own tools", () => {
  const index = indexOf(tools);
  for (const [query, tool, within] of golden) {
    test(`answers "${query}" with ${tool} among the first ${within}`, () => {
      const found = index.search(query, { limit: 5 }).map(({ id }) => id);
      assert.ok(found.slice(0, within).includes(tool), found.join(", "));
    });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

const known = [
  "space",
  "command",
  "cwd",
  "env",
  "timeout_seconds",
  "path",
  "limits",
  "limit_bytes",
  "name",
  "namespace_note",
];

test("finds what a word meant, and nothing for what means something else", () => {
  const meant: Readonly<Record<string, string | undefined>> = {
    comand: "command",
    CWD: "cwd",
    cmd: "command",
    timeout: "timeout_seconds",
    file_path: "path",
    space_name: "space",
    limit: "limits",
    nme: "name",
    colour: undefined,
    x: undefined,
  };
  for (const [word, expected] of Object.entries(meant)) assert.equal(nearest(word, known), expected, word);
});

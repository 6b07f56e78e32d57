import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { prologueText, withPrologue } from "./prologue.ts";

async function printed(environment: Record<string, string>, cwd = "/"): Promise<string> {
  const [program, ...args] = withPrologue(["printenv", "VALUE"]) as [string, ...string[]];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
    env: { PATH: "/usr/bin:/bin" },
  });
  (child.stdio[3] as Writable).end(prologueText({ environment, cwd }));
  const [out, said] = await Promise.all([text(child.stdout as Readable), text(child.stdio[4] as Readable)]);
  return said === "" ? out : said;
}

test("the environment arrives as it is, whatever a shell would make of it", async () => {
  const awkward = fc.string({ unit: "grapheme", maxLength: 40 }).filter((value) => !value.includes("\0"));
  await fc.assert(
    fc.asyncProperty(awkward, async (VALUE) => assert.equal(await printed({ VALUE }), `${VALUE}\n`)),
    { numRuns: 25, examples: [["'; exit 9; '"], ["$(id)`id`\\"], ["line\nbreak"], [""]] },
  );
});

test("a directory that is not there is told apart from a failing command", async () => {
  assert.equal(await printed({}, "/not/'there"), "cwd\n");
});

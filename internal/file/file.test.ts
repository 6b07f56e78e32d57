import assert from "node:assert/strict";
import { test } from "node:test";
import { localSpace } from "../testkit/local-space.ts";
import { caller, fileContract, filesIn } from "./contract.ts";

fileContract({ name: "local", needs: { skip: false }, open: localSpace, isOrdinary: false });

test("leaves no temporary file behind when the caller goes away in the middle of a write", async (t) => {
  const space = await localSpace(t);
  const leaving = new AbortController();
  const exec: typeof space.runtime.exec = (target, request, signal) => {
    if (request.stdin !== undefined) leaving.abort(new Error("gone"));
    return space.runtime.exec(target, request, signal);
  };
  const files = filesIn({ ...space, runtime: { exec } }, caller({ signal: leaving.signal }));
  await assert.rejects(files.write({ path: "a", content: "x" }));
  assert.deepEqual((await filesIn(space).list({})).entries, []);
});

test("says what is missing where the image has no shell", async (t) => {
  const space = await localSpace(t);
  const exec: typeof space.runtime.exec = async (_target, { stderr }) => {
    stderr.write("sh: not found\n");
    return { exit_code: 127, signal: null };
  };
  const files = filesIn({ ...space, runtime: { exec } });
  await assert.rejects(files.read({ path: "a" }), { code: "runtime_failed", message: /image of this space lacks/ });
});

test("gives back what was found when a search takes too long", async (t) => {
  const space = await localSpace(t);
  const exec: typeof space.runtime.exec = (target, request, signal) => {
    const text = 'printf "%s a\\000\\n1:hit\\n2:more\\n" "$1"; sleep 300';
    return space.runtime.exec(target, { ...request, argv: ["sh", "-c", text, "sh", request.argv[4] ?? ""] }, signal);
  };
  const { matches, truncated, timed_out, note } = await filesIn({ ...space, runtime: { exec } }).grep({
    pattern: "hit",
    timeout_seconds: 1,
  });
  assert.deepEqual([matches.map(({ text }) => text), truncated, timed_out], [["hit", "more"], true, true]);
  assert.equal(note, "the time limit of 1 s was reached; narrow the path or raise timeout_seconds");
});

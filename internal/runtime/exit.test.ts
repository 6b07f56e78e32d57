import assert from "node:assert/strict";
import { test } from "node:test";
import { exitFromStatus } from "./exit.ts";

test("a status above 128 names the signal only where that is certain enough", () => {
  assert.deepEqual(exitFromStatus(137), { exit_code: null, signal: "SIGKILL" });
  assert.deepEqual(exitFromStatus(143), { exit_code: null, signal: "SIGTERM" });
  for (const status of [0, 1, 127, 128, 138, 255])
    assert.deepEqual(exitFromStatus(status), { exit_code: status, signal: null });
});

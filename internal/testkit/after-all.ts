import assert from "node:assert/strict";
import { test } from "node:test";
import { testRun } from "./instance.ts";
import { leftoversOf } from "./leftovers.ts";
import { dockerSocket, needs } from "./needs.ts";

test("the tests have left nothing in the engine", needs("docker"), async () => {
  assert.deepEqual(await leftoversOf(testRun(), dockerSocket()), []);
});

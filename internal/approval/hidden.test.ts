import assert from "node:assert/strict";
import { test } from "node:test";
import { hideSecrets } from "./hidden.ts";

const names = [
  "password",
  "DB_PASS",
  "apiKey",
  "api-key",
  "AWS_SECRET_ACCESS_KEY",
  "github_token",
  "privateKey",
  "Cookie",
];

test("hides what stands under the name of a secret, at any depth", () => {
  for (const name of names) {
    assert.deepEqual(hideSecrets({ deep: [{ [name]: "canary" }] }), { deep: [{ [name]: "(hidden)" }] }, name);
    assert.deepEqual(hideSecrets({ [name]: { nested: "canary" } }), { [name]: "(hidden)" }, name);
  }
});

test("leaves what a decider has to see", () => {
  const seen = { command: "ls", key: "a", keywords: ["b"], bypass_cache: true, passed: 3, token: null, secret: false };
  assert.deepEqual(hideSecrets(seen), seen);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Breaker } from "./breaker.ts";

const start = 1_000_000;

test("five failures within a minute bring a rest, each further one a longer rest, a success none", () => {
  const breaker = new Breaker();
  for (let at = 0; at < 4; at++) breaker.failed(start + at);
  assert.equal(breaker.restsUntil(start + 4), null);
  breaker.failed(start + 4);
  assert.equal(breaker.restsUntil(start + 5), start + 5004);
  assert.equal(breaker.restsUntil(start + 5004), null);
  breaker.failed(start + 6000);
  assert.equal(breaker.restsUntil(start + 6001), start + 16_000);
  for (let at = 0; at < 10; at++) breaker.failed(start + 20_000);
  assert.equal(breaker.restsUntil(start + 20_001), start + 80_000);
  breaker.succeeded();
  assert.equal(breaker.restsUntil(start + 20_002), null);
  breaker.failed(start + 20_003);
  assert.equal(breaker.restsUntil(start + 20_004), null);
});

test("failures long ago do not count", () => {
  const breaker = new Breaker();
  for (let at = 0; at < 10; at++) breaker.failed(start + at * 16_000);
  assert.equal(breaker.restsUntil(start + 9 * 16_000), null);
});

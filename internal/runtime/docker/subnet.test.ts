import assert from "node:assert/strict";
import { test } from "node:test";
import { freeSubnets, subnetFrom } from "./subnet.ts";

test("a subnet is read as its first and last address", () => {
  assert.deepEqual(subnetFrom("10.0.0.17/28"), { first: 0x0a000010, last: 0x0a00001f });
  assert.deepEqual(subnetFrom("0.0.0.0/0"), { first: 0, last: 0xffffffff });
});

test("what is no IPv4 range is not read", () => {
  for (const text of ["", "fe80::/64", "10.0.0.0", "10.0.0.256/8", "10.0.0.0/33"]) assert.equal(subnetFrom(text), null);
});

test("free subnets leave out what touches a used one, and begin where the seed says", () => {
  const used = ["10.9.0.0/28", "10.9.0.40/32"].map((text) => subnetFrom(text)).filter((found) => found !== null);
  assert.deepEqual([...freeSubnets("10.9.0.0/26", 28, used, 3)], ["10.9.0.48/28", "10.9.0.16/28"]);
});

test("a pool that is used up gives nothing", () => {
  const used = [subnetFrom("10.0.0.0/8")].filter((found) => found !== null);
  assert.deepEqual([...freeSubnets("10.9.0.0/24", 28, used, 0)], []);
});

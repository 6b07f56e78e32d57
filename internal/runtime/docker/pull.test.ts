import assert from "node:assert/strict";
import { test } from "node:test";
import { PullMeter, registryOf } from "./pull.ts";

test("progress of a pull goes from 0 to 100 and never back", () => {
  const meter = new PullMeter();
  const layer = (id: string, status: string, current = 0, total = 0) =>
    meter.add({ id, status, progressDetail: { current, total } });
  const seen = [
    meter.add({ status: "Pulling from library/debian" }),
    layer("a", "Downloading", 50, 100),
    layer("b", "Downloading", 10, 300),
    layer("a", "Download complete"),
    layer("a", "Extracting", 100, 100),
    layer("b", "Extracting", 150, 300),
    layer("a", "Pull complete"),
    layer("b", "Pull complete"),
  ];
  assert.deepEqual(seen, [0, 25, 25, 25, 26, 81, 81, 100]);
});

test("the registry of an image is its first part when that is a host", () => {
  assert.equal(registryOf("registry.example:5000/team/tool:1"), "registry.example:5000");
  assert.equal(registryOf("localhost/tool"), "localhost");
  for (const image of ["debian:12", "library/debian"]) assert.match(registryOf(image), /default registry/);
});

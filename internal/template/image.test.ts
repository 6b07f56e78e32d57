import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkImage } from "./image.ts";

const digest = `sha256:${"0a".repeat(32)}`;
const takes = (image: string, ...allowed: string[]) => checkImage(image, { allowed, pinned: false }) === null;

describe("the images a server takes", () => {
  for (const [pattern, image] of [
    ["*", "anything.example.org/x/y:1"],
    ["debian", "debian"],
    ["debian", "debian:12"],
    ["debian", `debian@${digest}`],
    ["debian", `debian:12@${digest}`],
    ["debian:*", "docker.io/library/debian:trixie-slim"],
    ["debian:latest", "debian"],
    ["docker.io/library/*", "debian:12"],
    ["docker.io/library/*", "index.docker.io/debian:12"],
    ["docker.io/library/*", "docker.io/debian"],
    ["acme/*", "docker.io/acme/tools:1"],
    ["ghcr.io/acme/*", "ghcr.io/acme/deep/tools:1"],
    ["localhost:5000/*-dev:v*", "localhost:5000/web-dev:v2"],
    [`ghcr.io/acme/tools@${digest}`, `ghcr.io/acme/tools:1@${digest}`],
    ["ghcr.io/acme/*", "host"],
  ] as const) {
    test(`let ${pattern} take ${image}`, () => assert.ok(takes(image, pattern)));
  }

  for (const [pattern, image] of [
    ["debian*", "debian.example.org/x:1"],
    ["debian", "debian-evil"],
    ["debian", "evil/debian"],
    ["debian:12", "debian:13"],
    ["debian:12", `debian:12@${digest}`],
    ["docker.io/library/*", "docker.io/evil/debian"],
    ["docker.io/*", "ghcr.io/docker.io/x"],
    ["ghcr.io/acme/*", "ghcr.io/acmeevil/x"],
    ["ghcr.io/acme/*", "evil.org/ghcr.io/acme/x"],
    ["ghcr.io/acme/*", "GHCR.io/acme/x"],
    ["ab*ba", "docker.io/library/aba"],
    ["docker.io/*", "0a1b2c"],
    ["docker.io/*", digest],
    ["*", digest.slice(0, 20)],
  ] as const) {
    test(`do not let ${pattern} take ${image}`, () => assert.ok(!takes(image, pattern)));
  }

  test("are those of any pattern", () => {
    assert.ok(takes("alpine:3", "debian:*", "alpine:*"));
    assert.match(
      checkImage("arch:1", { allowed: ["debian:*", "alpine:*"], pinned: false }) ?? "",
      /debian:\*, alpine:\*/,
    );
  });

  test("carry a digest where they have to", () => {
    const pinned = { allowed: [], pinned: true };
    assert.equal(checkImage(`debian:12@${digest}`, pinned), null);
    for (const image of ["debian:12", digest, `debian@${digest.slice(0, 40)}`, "debian@sha512:00"]) {
      assert.match(checkImage(image, pinned) ?? "", /must carry its digest/);
    }
    assert.match(checkImage("arch:1", { allowed: ["debian:*"], pinned: true }) ?? "", /none of those/);
  });
});

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = join(import.meta.dirname, "../dist");
const budget = 130 * 1024;
const isBuilt = existsSync(join(dist, "index.html"));

/** A script and everything it imports at once, by its place in dist. */
function withImports(place: string, seen: Map<string, string>): Map<string, string> {
  if (seen.has(place)) return seen;
  const text = readFileSync(join(dist, place), "utf8");
  seen.set(place, text);
  for (const [, name] of text.matchAll(/(?:import|from)\s*["']\.\/([\w.-]+\.js)["']/g))
    withImports(`/assets/${name}`, seen);
  return seen;
}

describe("the built app", { skip: !isBuilt && "needs `make build`" }, () => {
  test("loads at most 130 KB of compressed script before its first page", () => {
    const page = readFileSync(join(dist, "index.html"), "utf8");
    const scripts = new Map<string, string>();
    for (const [, place] of page.matchAll(/(?:src|href)="(\/[\w./-]+\.js)"/g)) withImports(place as string, scripts);
    const size = [...scripts.values()].reduce((sum, text) => sum + gzipSync(text).length, 0);
    assert.ok(scripts.size >= 2 && size <= budget, `${[...scripts.keys()]}: ${size} bytes`);
  });

  test("has no inline script and no address of another site in its page", () => {
    const page = readFileSync(join(dist, "index.html"), "utf8");
    assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)[^>]*>/);
    assert.doesNotMatch(page, /(?:src|href)="(?!\/[^/])/);
  });
});

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createServer } from "../rest/server.ts";
import { mountStatic } from "./static.ts";

async function served(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "knot-static-"));
  const root = join(folder, "dist");
  mkdirSync(join(root, "assets"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const server = createServer();
  await mountStatic(server, { root });
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return server;
}

const app = {
  "index.html": "<title>knot</title>",
  "assets/main-BxY12_ab.js": "1",
  "icon.svg": "<svg/>",
  "../secret.txt": "no",
};

describe("the web app", () => {
  test("is one page for every path of its own", async (t) => {
    const server = await served(t, app);
    for (const url of ["/", "/spaces", "/spaces/ann/dev?tab=logs"]) {
      const answer = await server.inject({ url });
      assert.equal(answer.statusCode, 200, url);
      assert.equal(answer.body, "<title>knot</title>");
      assert.equal(answer.headers["cache-control"], "no-cache");
      assert.match(answer.headers["content-type"] as string, /^text\/html; charset=utf-8/);
      assert.match(answer.headers["content-security-policy"] as string, /script-src 'self'/);
    }
    assert.equal((await server.inject({ method: "HEAD", url: "/" })).statusCode, 200);
  });

  test("lets files with a hash in their name be kept for a year", async (t) => {
    const server = await served(t, app);
    const asset = await server.inject({ url: "/assets/main-BxY12_ab.js" });
    assert.match(asset.headers["cache-control"] as string, /immutable/);
    assert.equal((await server.inject({ url: "/icon.svg" })).headers["cache-control"], "no-cache");
  });

  test("does not stand in for files and routes that do not exist", async (t) => {
    const server = await served(t, app);
    for (const url of [
      "/assets/old-12345678.js",
      "/api/nothing",
      "/mcp",
      "/api",
      "/.well-known/x",
      "/.env",
      "/nothing.txt",
    ]) {
      const answer = await server.inject({ url });
      assert.equal(answer.statusCode, 404, url);
      assert.match(answer.headers["content-type"] as string, /problem\+json/);
    }
  });

  test("gives out nothing outside its folder", async (t) => {
    const server = await served(t, app);
    for (const url of ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/%2fetc/passwd.txt"]) {
      const answer = await server.inject({ url });
      assert.notEqual(answer.statusCode, 200, url);
      assert.doesNotMatch(answer.body, /^no$/);
    }
  });

  test("says clearly that it is not built", async (t) => {
    const server = await served(t, {});
    const answer = await server.inject({ url: "/" });
    assert.equal(answer.statusCode, 503);
    assert.match(answer.body, /make build/);
    assert.equal((await server.inject({ url: "/api/x" })).statusCode, 404);
  });
});

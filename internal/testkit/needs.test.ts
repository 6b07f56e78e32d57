import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const needsUrl = pathToFileURL(join(import.meta.dirname, "needs.ts")).href;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "knot-needs-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** What `needs("docker")` says in a process of its own, which may be one without rights. */
async function skipOf(
  socket: string,
  { require = "", uid }: { require?: string; uid?: number } = {},
): Promise<unknown> {
  const become = uid === undefined ? "" : `process.setgroups([]); process.setuid(${uid});`;
  const code = `const { needs } = await import("${needsUrl}"); ${become} console.log(JSON.stringify(needs("docker").skip));`;
  const env = { ...process.env, KNOT_TEST_DOCKER: socket, KNOT_TEST_REQUIRE: require };
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { env });
  return JSON.parse(stdout);
}

async function listening(t: TestContext): Promise<string> {
  const path = join(folder(t), "s");
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, "listening");
  t.after(() => server.close());
  return path;
}

describe("the need for an engine", () => {
  test("is met by a socket that takes connections", async (t) => {
    assert.equal(await skipOf(await listening(t)), false);
  });

  test("is not met by a file that nothing listens at, unless it is required", async (t) => {
    const path = join(folder(t), "s");
    writeFileSync(path, "");
    assert.match(String(await skipOf(path)), /^needs docker/);
    assert.equal(await skipOf(path, { require: "docker" }), false);
  });

  test("is not met by a socket this user may not open", async (t) => {
    const path = await listening(t);
    chmodSync(path, 0o000);
    const isRoot = process.getuid?.() === 0;
    assert.match(String(await skipOf(path, isRoot ? { uid: 65534 } : {})), /^needs docker/);
  });
});

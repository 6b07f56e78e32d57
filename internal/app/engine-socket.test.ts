import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { forbidden } from "./engine-socket.ts";

async function socketOf(t: TestContext, mode: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "knot-engine-"));
  chmodSync(folder, 0o755);
  const path = join(folder, "s");
  const server = createServer().listen(path);
  await once(server, "listening");
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  chmodSync(path, mode);
  return path;
}

/** Runs as a user without rights, since root may open every socket. */
async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe("an engine's socket", () => {
  test("that this user may not open is told with what to do", async (t) => {
    const path = await socketOf(t, 0o000);
    const note = await asNobody(() => forbidden("docker", path));
    assert.match(note ?? "", /may not open the socket .*: join the group docker .* server\.docker\.host/);
  });

  test("that opens, or is not there, is told nothing of", async (t) => {
    const path = await socketOf(t, 0o666);
    assert.deepEqual(
      await asNobody(() => Promise.all([forbidden("docker", path), forbidden("docker", `${path}.no`)])),
      [null, null],
    );
  });
});

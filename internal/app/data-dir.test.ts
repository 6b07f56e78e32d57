import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../config/config.ts";
import { lockDataDir, openDataDir } from "./data-dir.ts";

function folder(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), "knot-data-"));
  t.after(() => rmSync(parent, { recursive: true }));
  return join(parent, "data");
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("data folder", () => {
  test("is made with modes that keep others out, and stays the same", (t) => {
    const path = folder(t);
    const first = openDataDir(path, "");
    assert.deepEqual([modeOf(path), modeOf(join(path, "knot.key"))], [0o700, 0o600]);
    const second = openDataDir(path, "");
    assert.deepEqual([second.key, second.instance_id], [first.key, first.instance_id]);
  });

  test("is known by its whole path, wherever the daemon was started", (t) => {
    const path = folder(t);
    const relativePath = relative(process.cwd(), path);
    assert.deepEqual(
      [openDataDir(relativePath, "").path, openDataDir(relativePath, "").spaces],
      [path, join(path, "spaces")],
    );
  });

  test("is made with the folders above it", (t) => {
    const path = join(folder(t), "a", "b");
    assert.equal(openDataDir(path, "").path, path);
  });

  test("refuses a place where no folder can be made", (t) => {
    assert.throws(() => openDataDir("/proc/knot/data", ""), ConfigError);
    const path = folder(t);
    writeFileSync(path, "");
    assert.throws(() => openDataDir(path, ""), /is not a folder/);
    assert.throws(() => openDataDir(join(path, "below"), ""), /cannot be made/);
  });

  test("refuses a key others may read, with the command that mends it", (t) => {
    const path = folder(t);
    openDataDir(path, "");
    chmodSync(join(path, "knot.key"), 0o644);
    assert.throws(() => openDataDir(path, ""), /chmod 600 .*knot\.key/);
  });

  test("refuses a folder others may read", (t) => {
    const path = folder(t);
    openDataDir(path, "");
    chmodSync(path, 0o755);
    assert.throws(() => openDataDir(path, ""), /chmod 700/);
  });

  test("refuses a damaged key instead of making a new one", (t) => {
    const path = folder(t);
    openDataDir(path, "");
    writeFileSync(join(path, "knot.key"), "damaged");
    assert.throws(() => openDataDir(path, ""), /restore it from your backup/);
  });

  test("refuses to make a new key for a database that was made with another, unless told to", (t) => {
    const path = folder(t);
    const { database } = openDataDir(path, "");
    writeFileSync(database, "something", { mode: 0o600 });
    rmSync(join(path, "knot.key"));
    assert.throws(() => openDataDir(path, ""), /knot\.key: is missing, .*restore it .*knot admin new-key/);
    assert.ok(!existsSync(join(path, "knot.key")));
    assert.equal(openDataDir(path, "", { newKey: true }).key.length, 32);
  });

  test("refuses a folder that belongs to another user, also as root", { skip: process.geteuid?.() !== 0 }, (t) => {
    const path = folder(t);
    openDataDir(path, "");
    chownSync(path, 65534, 65534);
    assert.throws(() => openDataDir(path, ""), /belongs to the user \S+; run knot as that user \(sudo -u /);
  });

  test("refuses a key that cannot be read in one line", (t) => {
    const path = folder(t);
    mkdirSync(join(path, "knot.key"), { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    assert.throws(() => openDataDir(path, ""), ConfigError);
  });

  test("refuses a log of the database that others may read", (t) => {
    const path = folder(t);
    const { database } = openDataDir(path, "");
    writeFileSync(`${database}-wal`, "", { mode: 0o644 });
    chmodSync(`${database}-wal`, 0o644);
    assert.throws(() => openDataDir(path, ""), /chmod 600 .*knot\.db-wal/);
  });

  test("belongs to one daemon at a time, and is free when that one dies", async (t) => {
    const path = folder(t);
    openDataDir(path, "");
    const url = pathToFileURL(join(import.meta.dirname, "data-dir.ts")).href;
    const code = `import { lockDataDir } from "${url}"; await lockDataDir(${JSON.stringify(path)}); process.send("locked"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    t.after(() => child.kill("SIGKILL"));
    await once(child, "message");
    await assert.rejects(lockDataDir(path), /in use by another knot daemon/);
    child.kill("SIGKILL");
    await once(child, "exit");
    await lockDataDir(path);
  });
});

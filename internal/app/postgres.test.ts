import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dataFolder } from "../testkit/daemon.ts";
import { reopenHouse, startHouse } from "../testkit/house.ts";
import { needs } from "../testkit/needs.ts";
import { emptyPostgres } from "../testkit/store.ts";

const flags = ["--server-docker-enabled=never", "--server-podman-enabled=never"];

describe("a daemon on PostgreSQL", () => {
  test("keeps everything there, and runs a space as on SQLite", needs("postgres", "process"), async (t) => {
    const env = { KNOT_SERVER_POSTGRES_URL: await emptyPostgres(t) };
    const data_dir = dataFolder(t);
    const house = await startHouse({ data_dir, env, flags });
    const space = { space: "dev", wait_seconds: 60 };
    try {
      const { server } = await house.admin.browser.ok("get_server", {});
      assert.deepEqual([server.store, server.ready], ["postgres", true]);
      await house.admin.browser.ok("create_space", { name: "dev", template: "sandbox", wait_seconds: 60 });
      const ran = await house.admin.browser.ok("run_command", { space: "dev", command: "echo kept > file; exit 3" });
      assert.equal(ran.exit_code, 3);
      await house.daemon.stop();
    } finally {
      await house[Symbol.asyncDispose]();
    }

    const again = await reopenHouse({ data_dir, env, flags });
    try {
      assert.equal(again.daemon.setup_url, null);
      const { content } = await again.admin.browser.ok("read_file", { space: "dev", path: "file" });
      assert.equal(content, "kept\n");
      await again.admin.browser.ok("delete_space", { ...space, confirm: true });
      const { entries } = await again.admin.browser.ok("list_audit_entries", { operation: "run_command" });
      assert.equal(entries.length, 1);
    } finally {
      await again[Symbol.asyncDispose]();
    }
  });
});

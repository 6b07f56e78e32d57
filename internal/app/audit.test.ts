import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../store/store.ts";
import { dataFolder } from "../testkit/daemon.ts";
import { knotCli } from "../testkit/doors.ts";
import { reopenHouse, startHouse } from "../testkit/house.ts";

const flags = ["--server-docker-enabled=never", "--server-podman-enabled=never"];

test("an audit log whose end was cut off is found by the checkpoint in the daemon's own log", async (t) => {
  const data_dir = dataFolder(t);
  let checkpoint = "";
  {
    await using house = await startHouse({ data_dir, flags });
    for (const name of ["one", "two", "three"]) await house.admin.browser.ok("create_group", { name });
    const answer = await house.admin.browser.ok("verify_audit_log");
    assert.deepEqual([answer.intact, answer.fault], [true, null]);
    assert.ok(answer.checked >= 4);
    await house.daemon.stop();
    checkpoint = /"checkpoint":"(\d+:[0-9a-f]{64})"/.exec(house.daemon.output())?.[1] ?? "";
    assert.equal(checkpoint, answer.checkpoint);
  }
  await cutOff(join(data_dir, "knot.db"));
  await using house = await reopenHouse({ data_dir, flags });
  const { secret } = await house.admin.token("auditor", ["api"]);
  assert.equal((await house.with(secret).ok("verify_audit_log")).intact, true);
  const { code, stdout } = await knotCli(house.daemon.origin, secret, "audit", "verify", "--checkpoint", checkpoint);
  assert.deepEqual([code, JSON.parse(stdout).intact], [1, false]);
});

/** As someone does who can write to the database and knows knot: the last entries go, and the log ends before them. */
async function cutOff(path: string): Promise<void> {
  await using store = await openStore({ kind: "sqlite", path });
  const last = await store.db
    .selectFrom("audit_entries")
    .select(["seq as head_seq", "hash as head_hash"])
    .where("label", "like", '%"two"%')
    .executeTakeFirstOrThrow();
  await store.db.deleteFrom("audit_entries").where("seq", ">", last.head_seq).execute();
  await store.db.updateTable("audit_chain").set(last).execute();
}

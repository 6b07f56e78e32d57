import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { modernRequest, post } from "../mcp/fixtures/clients.ts";
import { openStore } from "../store/store.ts";
import { dataFolder } from "../testkit/daemon.ts";
import { knotCli, RestDoor } from "../testkit/doors.ts";
import { reopenHouse, startHouse } from "../testkit/house.ts";

const flags = ["--server-docker-enabled=never", "--server-podman-enabled=never"];

test("what is turned away at the doors is audited, once a minute however often it is tried", async () => {
  await using house = await startHouse({ flags });
  const { admin, daemon, mcpUrl } = house;
  const stranger = new RestDoor(daemon.origin, { authorization: "Bearer knot_not-a-token-at-all" });
  for (let i = 0; i < 3; i++) assert.equal((await stranger.call("whoami")).status, 401);
  const list = modernRequest(1, "tools/list");
  const over = await post(mcpUrl, list.body, { token: "knot_not-a-token-at-all", headers: list.headers });
  assert.equal(over.status, 401);
  await over.text();
  const { cookie = "" } = admin.browser.headers;
  const forged = new RestDoor(daemon.origin, { cookie, origin: "https://evil.example" });
  assert.equal((await forged.call("create_group", { name: "forged" })).status, 403);
  const claim = { token: "knot_setup_guess", username: "eve", password: "Correct-horse-9-battery" };
  const body = JSON.stringify(claim);
  const setup = await admin.browser.send("POST", "/api/auth/setup", { body });
  assert.equal(setup.status, 409);
  const wrong = await admin.browser.send("POST", "/api/auth/login", {
    body: JSON.stringify({ login: "admin", password: "not the password" }),
  });
  assert.equal(wrong.status, 401);
  const { entries } = await admin.browser.ok("list_audit_entries", { outcome: "denied" });
  assert.deepEqual(
    entries.map(({ operation, door, label, username }: Record<string, string>) => [operation, door, label, username]),
    [
      ["login", "web", "Sign in", "admin"],
      ["setup", "web", "Create the first administrator", ""],
      ["request_refused", "rest", "POST /api/groups from where it may not come", ""],
      ["token_refused", "mcp", "POST /mcp with a token that is not good", ""],
      ["token_refused", "rest", "GET /api/whoami with a token that is not good", ""],
    ],
  );
  assert.ok(!JSON.stringify(entries).includes("not-a-token"));
});

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

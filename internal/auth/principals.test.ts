import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openStore } from "../store/store.ts";
import { callBy, identity, person } from "../testkit/identity.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";
import { concerns, type Revocation } from "./revocation.ts";

const minute = 60_000;
const day = 86_400_000;

describe("principals", () => {
  storeTest(
    "resolves a token to its owner, with the token's scopes and the permissions of the roles",
    async (_t, store) => {
      const house = identity(store);
      // Its late writes have to be done before the store closes
      const principals = house.principals;
      try {
        const ada = await person(house, "ada");
        const { secret, token } = await house.tokens.create(ada.call, { name: "ci", scopes: ["api"] });
        const principal = await principals.authenticate({ authorization: `Bearer ${secret}` });
        assert.equal(principal.user_id, ada.user.id);
        assert.deepEqual(principal.credential, { kind: "token", id: token.id, name: "ci", lineage: [token.id] });
        assert.deepEqual([...principal.scopes], ["api"]);
        assert.ok(principal.permissions.has("spaces.use"));
        assert.ok(!principal.permissions.has("users.manage"));
      } finally {
        await principals[Symbol.asyncDispose]();
      }
    },
  );

  const refusals: Record<string, { authorization?: string; cookie?: string }> = {
    "no credential": {},
    "an unknown token": { authorization: `Bearer knot_${"x".repeat(32)}` },
    "another scheme": { authorization: "Basic YWRhOmFkYQ==" },
    "an empty bearer": { authorization: "Bearer " },
    "an unknown session": { cookie: "knot_session=nonsense" },
    "the https cookie on http": { cookie: "__Host-knot=nonsense" },
  };
  for (const [what, headers] of Object.entries(refusals)) {
    test(`refuses ${what}`, async (t) => {
      const house = identity(await memoryStore(t));
      await assert.rejects(house.principals.authenticate(headers), { code: "unauthenticated" });
    });
  }

  test("does not fall back to the cookie when the Authorization header is wrong", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    const cookie = `knot_session=${ada.session_id}`;
    assert.equal((await house.principals.authenticate({ cookie })).user_id, ada.user.id);
    await assert.rejects(house.principals.authenticate({ cookie, authorization: "Bearer knot_wrong" }), {
      code: "unauthenticated",
    });
  });

  test("asks the database once for many requests, and again after a few seconds", async (t) => {
    const store = await memoryStore(t);
    const house = identity(store);
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const first = await house.principals.fromToken(secret);
    const many = await Promise.all(Array.from({ length: 100 }, () => house.principals.fromToken(secret)));
    assert.ok(many.every((principal) => principal === first));
    house.clock.at += 4000;
    assert.notEqual(await house.principals.fromToken(secret), first);
  });

  test("forgets a token the moment it is revoked or rotated", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    await house.principals.fromToken(secret);
    const rotated = await house.tokens.rotate(ada.call, "ci");
    await assert.rejects(house.principals.fromToken(secret), { code: "unauthenticated" });
    await house.principals.fromToken(rotated.secret);
    await house.tokens.revoke(ada.call, "ci");
    await assert.rejects(house.principals.fromToken(rotated.secret), { code: "unauthenticated" });
  });

  test("does not keep what was read before a revocation but arrived after it", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const inFlight = house.principals.fromToken(secret).catch(() => null);
    await house.tokens.revoke(ada.call, "ci");
    await inFlight;
    await assert.rejects(house.principals.fromToken(secret), { code: "unauthenticated" });
  });

  test("stops sessions and tokens of a disabled user at once; the tokens work again when the user is back", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    await house.principals.fromToken(secret);
    await house.users.update(local, "ada", { active: false });
    await assert.rejects(house.principals.fromToken(secret), { code: "unauthenticated" });
    await assert.rejects(house.principals.fromSession(ada.session_id), { code: "unauthenticated" });
    await house.users.update(local, "ada", { active: true });
    assert.equal((await house.principals.fromToken(secret)).user_id, ada.user.id);
    await assert.rejects(house.principals.fromSession(ada.session_id), { code: "unauthenticated" });
  });

  test("applies a change of roles, of a role and of groups to the next request", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    const ada = await person(house, "ada");
    const current = () => house.principals.fromSession(ada.session_id);
    await house.roles.create(local, { name: "reader", description: "", permissions: ["audit.view"] });
    await house.users.update(local, "ada", { role_ids: ["reader"] });
    assert.deepEqual([...(await current()).permissions], ["audit.view"]);
    await house.roles.update(local, "reader", { permissions: ["mcp.use"] });
    assert.deepEqual([...(await current()).permissions], ["mcp.use"]);
    await house.roles.delete(local, "reader", true);
    assert.deepEqual([...(await current()).permissions], []);
    const group = await house.groups.create(local, { name: "staff", description: "" });
    await house.groups.addMember(local, "staff", "ada");
    assert.deepEqual((await current()).group_ids, [group.id]);
    await house.groups.removeMember(local, "staff", "ada");
    assert.deepEqual((await current()).group_ids, []);
  });

  test("lets a token die with its expiry also while it is remembered", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci", expires_at: house.clock.at + 2000 });
    await house.principals.fromToken(secret);
    house.clock.at += 2000;
    await assert.rejects(house.principals.fromToken(secret), { code: "unauthenticated" });
  });

  test("lets a token that names a group work only while its owner is in it", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await house.groups.create(local, { name: "staff", description: "" });
    const ada = await person(house, "ada");
    await assert.rejects(house.tokens.create(ada.call, { name: "ci", group: "staff" }), { code: "not_found" });
    await house.groups.addMember(local, "staff", "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci", group: "staff" });
    await house.principals.fromToken(secret);
    await house.groups.removeMember(local, "staff", "ada");
    await assert.rejects(house.principals.fromToken(secret), { code: "unauthenticated" });
    await house.groups.addMember(local, "staff", "ada");
    await house.principals.fromToken(secret);
  });

  test("ends a session after 12 idle hours, and after 7 days in any case", async (t) => {
    const house = identity(await memoryStore(t));
    const [ada, bob] = [await person(house, "ada"), await person(house, "bob")];
    for (let hours = 0; hours < 7 * 24 - 1; hours += 11) {
      await house.principals.fromSession(bob.session_id);
      house.clock.at += 11 * 60 * minute;
    }
    await assert.rejects(house.principals.fromSession(ada.session_id), { code: "unauthenticated" });
    house.clock.at = Date.UTC(2026, 0, 1) + 7 * day - 1;
    await house.principals.fromSession(bob.session_id);
    house.clock.at += 1;
    await assert.rejects(house.principals.fromSession(bob.session_id), { code: "unauthenticated" });
  });

  test("checks a session and a token without using them", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const cookie = `knot_session=${ada.session_id}`;
    for (let hours = 0; hours < 12; hours += 1) {
      await house.principals.authenticate({ cookie }, "check");
      await house.principals.authenticate({ authorization: `Bearer ${secret}` }, "check");
      house.clock.at += 60 * minute;
    }
    await assert.rejects(house.principals.authenticate({ cookie }, "check"), { code: "unauthenticated" });
    await house.principals[Symbol.asyncDispose]();
    assert.equal((await house.tokens.list(ada.call, { limit: 10 })).tokens[0]?.last_used_at, null);
  });

  test("notes the last use of a token once a minute at most", async (t) => {
    const store = await memoryStore(t);
    const house = identity(store);
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const noted = async () => {
      await house.principals.fromToken(secret);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return (await house.tokens.list(ada.call, { limit: 10 })).tokens[0]?.last_used_at;
    };
    const start = house.clock.at;
    assert.equal(await noted(), start);
    house.clock.at = start + 59_999;
    assert.equal(await noted(), start);
    house.clock.at = start + minute;
    assert.equal(await noted(), start + minute);
  });

  test("revives who asked, unless the user is inactive or the token is gone", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    const ada = await person(house, "ada");
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const byToken = await house.principals.fromToken(secret);
    const revive = house.principals.revive.bind(house.principals);
    assert.deepEqual(await revive(byToken), byToken);
    assert.equal(await revive({ ...byToken, user_id: "someone-else" }), null);
    await house.sessions.revoke(ada.call, ada.principal.credential.id);
    assert.equal((await revive(ada.principal))?.user_id, ada.user.id);
    await house.users.update(local, "ada", { active: false });
    assert.equal(await revive(byToken), null);
    assert.equal(await revive(ada.principal), null);
    await house.users.update(local, "ada", { active: true });
    house.clock.at += 91 * day;
    assert.equal(await revive(byToken), null);
    assert.equal((await revive(local.principal))?.credential.kind, "local");
    assert.equal((await revive(house.principals.system()))?.credential.kind, "system");
  });

  test("tells open connections when their credential, user, group or role changes, and of nothing else", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    const [ada, bob] = [await person(house, "ada"), await person(house, "bob")];
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    const byToken = await house.principals.fromToken(secret);
    const heard: Revocation[] = [];
    const stop = house.principals.onRevoked((revocation) => heard.push(revocation));
    const taken = () => {
      const all = heard.splice(0);
      return [byToken, ada.principal, bob.principal].map((principal) => all.some((one) => concerns(one, principal)));
    };
    await house.users.update(local, "ada", { display_name: "Ada L." });
    assert.deepEqual(taken(), [false, false, false]);
    await house.tokens.revoke(ada.call, "ci");
    assert.deepEqual(taken(), [true, false, false]);
    await house.users.update(local, "ada", { active: false });
    assert.deepEqual(taken(), [true, true, false]);
    await house.roles.create(local, { name: "reader", description: "", permissions: [] });
    assert.deepEqual(taken(), [false, false, false]);
    await house.roles.update(local, "reader", { permissions: ["mcp.use"] });
    assert.deepEqual(taken(), [true, true, true]);
    stop();
    await house.users.update(local, "bob", { active: false });
    assert.deepEqual(taken(), [false, false, false]);
  });

  test("leaves no secret in the database's files or in its events", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "knot-auth-"));
    t.after(() => rm(folder, { recursive: true }));
    const store = await openStore({ kind: "sqlite", path: join(folder, "knot.db") });
    t.after(() => store[Symbol.asyncDispose]());
    const house = identity(store);
    const ada = await person(house, "ada", { password: "violet-harbour-lantern" });
    const { secret } = await house.tokens.create(ada.call, { name: "ci" });
    await house.principals.fromToken(secret);
    const files = await readdir(folder);
    const bytes = Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
    assert.ok(bytes.includes(ada.user.id), "the files that were read are the database");
    for (const canary of [secret, secret.slice(5), ada.session_id, "violet-harbour-lantern"]) {
      assert.ok(!bytes.includes(canary), "a secret is in the database");
    }
  });
});

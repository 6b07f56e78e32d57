import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Problem } from "../problem/problem.ts";
import { callBy, goodPassword, type Identity, identity, person } from "../testkit/identity.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";
import { Lockout } from "./lockout.ts";
import { Passwords } from "./passwords.ts";

const minute = 60_000;

const tryToSignIn = (house: Identity, login: string, password: string, ip = "192.0.2.1") =>
  house.auth.login({ login, password, ip, user_agent: "test" }).then(
    () => "ok",
    (problem: Problem) => JSON.stringify(problem.toDocument()),
  );

describe("signing in", () => {
  storeTest("takes the user name or the e-mail address, in any case of letters", async (_t, store) => {
    const house = identity(store);
    await person(house, "ada", { email: "ada@example.com" });
    for (const login of ["ada", " Ada ", "ada@example.com", "Ada@Example.com"]) {
      assert.equal(await tryToSignIn(house, login, goodPassword), "ok");
    }
  });

  test("gives every sign-in another session id of 256 bits", async (t) => {
    const house = identity(await memoryStore(t));
    const first = await person(house, "ada");
    const second = await house.auth.login({ login: "ada", password: goodPassword, ip: "", user_agent: "" });
    assert.notEqual(first.session_id, second.session_id);
    assert.equal(Buffer.from(first.session_id, "base64url").length, 32);
  });

  test("answers the same to a wrong password, an unknown user, an inactive one, and one without a password", async (t) => {
    const house = identity(await memoryStore(t));
    const local = callBy(house.principals.local());
    await person(house, "ada");
    await person(house, "away");
    await house.users.update(local, "away", { active: false });
    await house.users.create(local, { username: "bare", role_ids: [], active: true });
    const answers = await Promise.all([
      tryToSignIn(house, "ada", "not the password"),
      tryToSignIn(house, "nobody", "not the password"),
      tryToSignIn(house, "away", goodPassword),
      tryToSignIn(house, "bare", ""),
    ]);
    assert.equal(new Set(answers).size, 1);
    assert.match(answers[0] ?? "", /"code":"unauthenticated"/);
  });

  for (const login of ["ada", "nobody"]) {
    test(`closes for 15 minutes after 10 wrong tries for ${login}, also to the right password`, async (t) => {
      const house = identity(await memoryStore(t));
      await person(house, "ada");
      for (let i = 0; i < 10; i++) {
        assert.match(await tryToSignIn(house, login, "not the password", `192.0.2.${i}`), /unauthenticated/);
        house.clock.at += 1000;
      }
      const closed = JSON.parse(await tryToSignIn(house, login, goodPassword, "192.0.2.99"));
      assert.deepEqual([closed.code, closed.retry_after], ["rate_limited", 15 * 60 - 10]);
      assert.match(closed.detail, /in 15 minutes\.$/);
      house.clock.at += (15 * 60 - 10) * 1000;
      assert.match(await tryToSignIn(house, login, goodPassword, "192.0.2.99"), /ok|unauthenticated/);
    });
  }

  test("counts tries that are made at once like tries in a row", async (t) => {
    const house = identity(await memoryStore(t));
    await person(house, "ada");
    const answers = await Promise.all(Array.from({ length: 30 }, () => tryToSignIn(house, "ada", "not the password")));
    assert.equal(answers.filter((answer) => answer.includes("unauthenticated")).length, 10);
  });

  test("closes to an address after 50 wrong tries, and not to others", async (t) => {
    const house = identity(await memoryStore(t));
    await person(house, "ada");
    for (let i = 0; i < 50; i++) await tryToSignIn(house, `guess-${i}`, "not the password", "198.51.100.9");
    assert.match(await tryToSignIn(house, "ada", goodPassword, "198.51.100.9"), /rate_limited/);
    assert.equal(await tryToSignIn(house, "ada", goodPassword, "198.51.100.10"), "ok");
  });

  test("starts counting again after a right password", async (t) => {
    const house = identity(await memoryStore(t));
    await person(house, "ada");
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 9; i++) await tryToSignIn(house, "ada", "not the password");
      assert.equal(await tryToSignIn(house, "ada", goodPassword), "ok");
    }
  });

  test("counts guesses of the current password in change_password as well", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    for (let i = 0; i < 10; i++) {
      await assert.rejects(house.users.changePassword(ada.call, "not the password", "a new long password"), {
        code: "invalid_input",
      });
    }
    await assert.rejects(house.users.changePassword(ada.call, goodPassword, "a new long password"), {
      code: "rate_limited",
    });
  });

  test("is logged with its outcome, and never with what was typed for an unknown user", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    house.signIns.length = 0;
    await tryToSignIn(house, "ada", goodPassword);
    await tryToSignIn(house, "ada", "not the password");
    await tryToSignIn(house, "my-password-in-the-wrong-field", "x");
    for (let i = 0; i < 10; i++) await tryToSignIn(house, "ada", "not the password");
    assert.deepEqual(
      house.signIns.slice(0, 3).map(({ user_id, login, outcome }) => [user_id, login, outcome]),
      [
        [ada.user.id, "ada", "ok"],
        [ada.user.id, "ada", "failed"],
        [null, null, "failed"],
      ],
    );
    assert.equal(house.signIns.at(-1)?.outcome, "limited");
    assert.ok(!JSON.stringify(house.signIns).includes("not the password"));
  });

  test("renews a hash that was made with lower parameters", async (t) => {
    const store = await memoryStore(t);
    const house = identity(store);
    await person(house, "ada");
    const low = new Passwords(new Lockout(Date.now), { memoryCost: 32, timeCost: 1, parallelism: 1, outputLen: 32 });
    const stored = () => store.db.selectFrom("users").select("password_hash").executeTakeFirstOrThrow();
    await store.db
      .updateTable("users")
      .set({ password_hash: await low.hash(goodPassword) })
      .execute();
    assert.equal(await tryToSignIn(house, "ada", goodPassword), "ok");
    assert.match(String((await stored()).password_hash), /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    assert.equal(await tryToSignIn(house, "ada", goodPassword), "ok");
  });

  test("stores passwords as argon2id with 46 MiB", async () => {
    const passwords = new Passwords(new Lockout(Date.now));
    const hash = await passwords.hash(goodPassword);
    assert.match(hash, /^\$argon2id\$v=19\$m=47104,t=1,p=1\$/);
    assert.equal(passwords.isOutdated(hash), false);
    assert.equal(await passwords.verify("ada", hash, goodPassword, ""), true);
    assert.equal(await passwords.verify("ada", null, goodPassword, ""), false);
  });
});

describe("sessions", () => {
  storeTest("are listed and revoked by their owner alone", async (_t, store) => {
    const house = identity(store);
    const principals = house.principals;
    try {
      const [ada, bob] = [await person(house, "ada"), await person(house, "bob")];
      house.clock.at += minute;
      const phone = await house.auth.login({
        login: "ada",
        password: goodPassword,
        ip: "203.0.113.5",
        user_agent: "phone",
      });
      const listed = await house.sessions.list(ada.call, { limit: 1 });
      assert.deepEqual(
        [listed.total, listed.sessions[0]?.user_agent, listed.sessions[0]?.current],
        [2, "phone", false],
      );
      const rest = await house.sessions.list(ada.call, { limit: 1, cursor: listed.next_cursor ?? undefined });
      assert.deepEqual([rest.sessions[0]?.current, rest.next_cursor], [true, null]);
      assert.ok(!JSON.stringify([listed, rest]).includes(ada.session_id));
      const id = phone.principal.credential.id;
      await assert.rejects(house.sessions.revoke(bob.call, id), { code: "not_found" });
      await house.sessions.revoke(ada.call, id);
      await assert.rejects(principals.fromSession(phone.session_id), { code: "unauthenticated" });
      await assert.rejects(house.sessions.revoke(ada.call, id), { code: "not_found" });
    } finally {
      await principals[Symbol.asyncDispose]();
    }
  });

  test("end with signing out, once and for all", async (t) => {
    const house = identity(await memoryStore(t));
    const ada = await person(house, "ada");
    await house.auth.logout(ada.session_id);
    await house.auth.logout(ada.session_id);
    await assert.rejects(house.principals.fromSession(ada.session_id), { code: "unauthenticated" });
  });

  storeTest("are swept when they have ended, and only then", async (_t, store) => {
    const house = identity(store);
    await person(house, "ada");
    house.clock.at += 6 * 60 * minute;
    await person(house, "bob");
    house.clock.at += 7 * 60 * minute;
    assert.equal(await house.sessions.sweep(), 1);
    assert.equal(await house.sessions.sweep(), 0);
  });
});

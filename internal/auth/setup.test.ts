import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { callBy, goodPassword, identity, person } from "../testkit/identity.ts";
import { memoryStore, storeTest } from "../testkit/store.ts";

const origin = { ip: "192.0.2.1", user_agent: "test" };

const first = (token: string, username = "ada") => ({ token, username, password: goodPassword, ...origin });

describe("setup", () => {
  storeTest("makes the first admin, signed in, when the printed token is given", async (_t, store) => {
    const house = identity(store);
    const principals = house.principals;
    try {
      assert.equal(await house.setup.required(), true);
      const link = await house.setup.issue();
      const { session_id, principal } = await house.setup.complete(first(link?.token ?? ""));
      assert.ok(principal.permissions.has("users.manage"));
      assert.equal((await principals.fromSession(session_id)).username, "ada");
      assert.equal(await house.setup.required(), false);
      assert.equal(await house.setup.issue(), null);
    } finally {
      await principals[Symbol.asyncDispose]();
    }
  });

  storeTest("has exactly one winner among many at once", async (_t, store) => {
    const house = identity(store);
    const token = (await house.setup.issue())?.token ?? "";
    const names = Array.from({ length: 8 }, (_, i) => `user-${i}`);
    const results = await Promise.allSettled(names.map((name) => house.setup.complete(first(token, name))));
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    const { total } = await house.users.list(callBy(house.principals.local()), { limit: 10 });
    assert.equal(total, 1);
  });

  test("refuses a wrong token, one that was replaced, one older than 15 minutes, and none at all", async (t) => {
    const house = identity(await memoryStore(t));
    await assert.rejects(house.setup.complete(first("")), { code: "unauthenticated" });
    const replaced = (await house.setup.issue())?.token ?? "";
    const late = (await house.setup.issue())?.token ?? "";
    await assert.rejects(house.setup.complete(first("knot_setup_guess")), { code: "unauthenticated" });
    await assert.rejects(house.setup.complete(first(replaced)), { code: "unauthenticated" });
    house.clock.at += 15 * 60_000;
    await assert.rejects(house.setup.complete(first(late)), { code: "unauthenticated" });
    assert.equal(await house.setup.required(), true);
  });

  test("lets the token be used again after a mistake in the input", async (t) => {
    const house = identity(await memoryStore(t));
    const token = (await house.setup.issue())?.token ?? "";
    const mistakes = [{ password: "short" }, { username: "Ada!" }, { username: "local" }, { email: "not an address" }];
    for (const mistake of mistakes) {
      await assert.rejects(house.setup.complete({ ...first(token), ...mistake }), { code: "invalid_input" });
    }
    await house.setup.complete(first(token));
  });

  test("is over once there is a user, however that user was made", async (t) => {
    const house = identity(await memoryStore(t));
    const token = (await house.setup.issue())?.token ?? "";
    await person(house, "bob");
    await assert.rejects(house.setup.complete(first(token)), { code: "conflict" });
    assert.equal(await house.setup.issue(), null);
  });

  test("slows down who guesses tokens, and not who holds the link", async (t) => {
    const house = identity(await memoryStore(t));
    const token = (await house.setup.issue())?.token ?? "";
    for (let i = 0; i < 10; i++) {
      await assert.rejects(house.setup.complete(first(`knot_setup_${i}`)), { code: "unauthenticated" });
    }
    await assert.rejects(house.setup.complete(first("knot_setup_x")), { code: "rate_limited" });
    await house.setup.complete(first(token));
  });
});

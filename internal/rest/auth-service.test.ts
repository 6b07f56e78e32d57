import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Problem } from "../problem/problem.ts";
import { principal } from "../testkit/principal.ts";
import { createAuthService, sameOriginAs } from "./auth-service.ts";

const origin = { ip: "10.0.0.1", client: "browser" };

function service() {
  const seen: unknown[] = [];
  const session = { session_id: "the-secret", principal: principal() };
  const auth = createAuthService({
    auth: {
      login: async (input) => {
        seen.push(input);
        return session;
      },
      logout: async (secret) => void seen.push(secret),
    },
    setup: { required: async () => true, complete: async () => session },
    secure: false,
  });
  return { auth, seen };
}

describe("signing in over REST", () => {
  test("hands over what was typed and from where, and answers with a cookie scripts cannot read", async () => {
    const { auth, seen } = service();
    const { set_cookie, user } = await auth.login({ login: "ada", password: "pw" }, origin);
    assert.deepEqual(seen, [{ login: "ada", password: "pw", ip: "10.0.0.1", user_agent: "browser" }]);
    assert.match(set_cookie, /^knot_session=the-secret; .*HttpOnly/);
    assert.deepEqual(user, { id: "user-1", username: "ada" });
    assert.equal(
      await auth.logout({ cookie: "knot_session=the-secret" }, origin),
      "knot_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    );
    assert.equal(seen[1], "the-secret");
  });

  test("refuses a body with wrong or unknown fields", async () => {
    const { auth, seen } = service();
    for (const body of [
      {},
      [],
      "x",
      { login: "ada" },
      { login: { $ne: 1 }, password: "x" },
      { login: "a", password: "b", role: "admin" },
    ]) {
      await assert.rejects(auth.login(body, origin), (thrown: Problem) => thrown.code === "invalid_input");
    }
    await assert.rejects(auth.setup({ username: "ada", password: "x" }, origin), Problem);
    assert.deepEqual(seen, []);
  });
});

describe("sameOriginAs", () => {
  const isSameOrigin = sameOriginAs(["https://knot.example.com"]);

  test("takes knot's own pages and nothing else", () => {
    assert.ok(isSameOrigin({ host: "x", origin: "https://knot.example.com" }));
    assert.ok(isSameOrigin({ host: "x", "sec-fetch-site": "same-origin" }));
    assert.ok(!isSameOrigin({ host: "x" }));
    assert.ok(!isSameOrigin({ host: "x", "sec-fetch-site": "none" }));
    assert.ok(!isSameOrigin({ host: "knot.example.com", origin: "https://evil.example" }));
    assert.ok(!isSameOrigin({ host: "knot.example.com", origin: "null", "sec-fetch-site": "cross-site" }));
  });
});

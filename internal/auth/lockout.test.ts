import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lockout } from "./lockout.ts";

const tryFrom = (lockout: Lockout, addresses: readonly string[]) => {
  for (const [i, ip] of addresses.entries()) lockout.begin(`account-${i}`, ip);
};

describe("the lockout", () => {
  test("takes the addresses of one IPv6 network for one", () => {
    const lockout = new Lockout(() => 1000);
    tryFrom(
      lockout,
      Array.from({ length: 50 }, (_, i) => `2001:db8:0:7::${i.toString(16)}`),
    );
    assert.throws(() => lockout.begin("ada", "2001:DB8::7:1:2:3:4"), { code: "rate_limited" });
    lockout.begin("ada", "2001:db8:0:8::1");
  });

  test("takes an IPv4 address for the same when it is written as IPv6", () => {
    const lockout = new Lockout(() => 1000);
    tryFrom(
      lockout,
      Array.from({ length: 50 }, () => "::ffff:192.0.2.1"),
    );
    assert.throws(() => lockout.begin("ada", "192.0.2.1"), { code: "rate_limited" });
    lockout.begin("ada", "192.0.2.2");
  });

  test("does not count a right try, so that an office behind one address can work", () => {
    const lockout = new Lockout(() => 1000);
    for (let i = 0; i < 500; i++) lockout.begin(`person-${i}`, "192.0.2.1")();
  });

  test("stays closed for whoever keeps trying only until the first tries are 15 minutes old", () => {
    let now = 0;
    const lockout = new Lockout(() => now);
    for (let i = 0; i < 10; i++) lockout.begin("ada", "");
    for (now = 60_000; now < 15 * 60_000; now += 60_000) {
      assert.throws(() => lockout.begin("ada", ""), { code: "rate_limited" });
    }
    lockout.begin("ada", "");
  });
});

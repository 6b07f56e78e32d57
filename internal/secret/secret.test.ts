import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { digestOf, randomToken, Vault } from "./secret.ts";

const vault = new Vault(randomBytes(32));

describe("vault", () => {
  test("opens what it sealed, and never seals the same twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const sealed = vault.seal("here", text);
        assert.equal(vault.open("here", sealed), Buffer.from(text).toString());
        assert.notEqual(vault.seal("here", text), sealed);
      }),
    );
  });

  test("does not open what was moved to another place", () => {
    assert.throws(() => vault.open("there", vault.seal("here", "x")), /could not be opened/);
  });

  test("does not open with another key", () => {
    assert.throws(() => new Vault(randomBytes(32)).open("here", vault.seal("here", "x")), /could not be opened/);
  });

  test("does not open when any byte was changed", () => {
    const sealed = vault.seal("here", "secret");
    const parts = sealed.split(".");
    for (const part of [2, 3]) {
      const bytes = Buffer.from(parts[part] as string, "base64url");
      for (let index = 0; index < bytes.length; index++) {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] as number) ^ 1;
        const forged = parts.with(part, changed.toString("base64url")).join(".");
        assert.throws(() => vault.open("here", forged), /could not be opened/);
      }
    }
  });

  test("tells equal texts by a fingerprint that only its own key makes", () => {
    const [one, other] = [new Vault(randomBytes(32)), new Vault(randomBytes(32))];
    assert.equal(one.fingerprint("1234"), one.fingerprint("1234"));
    assert.notEqual(one.fingerprint("1234"), one.fingerprint("1235"));
    assert.notEqual(one.fingerprint("1234"), other.fingerprint("1234"));
  });

  test("refuses a key of another length", () => {
    assert.throws(() => new Vault(randomBytes(16)), /32 bytes/);
  });
});

describe("token", () => {
  test("has its prefix and at least 192 random bits, and is stored as a digest", () => {
    const token = randomToken("knot_");
    assert.match(token, /^knot_[A-Za-z0-9_-]{32}$/);
    assert.match(digestOf(token), /^[0-9a-f]{64}$/);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endedSessionCookie, sessionCookie, sessionSecretFrom } from "./session-cookie.ts";

describe("the session cookie", () => {
  test("is a __Host- cookie over https: Secure, HttpOnly, Lax, for the whole host and no other", () => {
    const attributes = sessionCookie("abc", true).split("; ");
    assert.equal(attributes[0], "__Host-knot=abc");
    for (const attribute of ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]) assert.ok(attributes.includes(attribute));
    assert.ok(!attributes.some((attribute) => attribute.toLowerCase().startsWith("domain")));
  });

  test("has a plain name and no Secure over http, where browsers would refuse them", () => {
    const attributes = sessionCookie("abc", false).split("; ");
    assert.equal(attributes[0], "knot_session=abc");
    assert.ok(!attributes.includes("Secure"));
    assert.ok(attributes.includes("HttpOnly"));
  });

  test("is taken away by an empty one that has expired", () => {
    assert.match(endedSessionCookie(true), /^__Host-knot=; Path=\/; Max-Age=0;.*Secure$/);
  });

  const headers: [header: string | undefined, secure: boolean, secret: string | null][] = [
    [undefined, true, null],
    ["", true, null],
    ["a=b; __Host-knot=abc; c=d", true, "abc"],
    ["knot_session=abc", true, null],
    ["__Host-knot=abc", false, null],
    ["knot_session=abc", false, "abc"],
    ["knot_session=", false, null],
    ["xknot_session=abc", false, null],
    ["knot_session=abc; knot_session=def", false, null],
    ["knot_session=abc; knot_session=abc", false, "abc"],
  ];
  for (const [header, secure, secret] of headers) {
    test(`is read from "${header}" over ${secure ? "https" : "http"} as ${secret}`, () => {
      assert.equal(sessionSecretFrom(header, secure), secret);
    });
  }
});

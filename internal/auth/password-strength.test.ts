import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { weaknessOf } from "./password-strength.ts";

const words = ["grace.hopper", "grace@navy.example"];

const refused = [
  "short",
  "elevenchars",
  "x".repeat(129),
  "aaaaaaaaaaaaa",
  "abababababab",
  "123456789012",
  "2024-01-02 03:04",
  "qwertyuiop123",
  "abcdefghijklmnop",
  "1q2w3e4r5t6y",
  "password1234",
  "Password1234!",
  "P@ssw0rd2024!",
  "passwordpassword",
  "dragon123456",
  "knot-knot-knot",
  "knot12345678",
  "grace.hopper1",
  "gracegrace2024",
  "HOPPER-123456",
  "navy20252026!",
  "correcthorsebatterystaple",
];

const accepted = [
  "three green kettles",
  "violet-harbour-lantern",
  "dragon orange teapot",
  "rG7#kq9!Lw2z",
  "пароль от сарая",
  "🐙🦊🐢🦉🐝🦀🐬🦔🐞🦜🐌🦩",
  `${"a".repeat(60)}bcde`,
];

describe("a password", () => {
  for (const password of refused) {
    test(`is refused when it is "${password.slice(0, 30)}"`, () => assert.ok(weaknessOf(password, words) !== null));
  }
  for (const password of accepted) {
    test(`is accepted when it is "${password.slice(0, 30)}"`, () => assert.equal(weaknessOf(password, words), null));
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isSameOrigin } from "./same-origin.ts";

const ours = "https://knot.example.com";
const host = "knot.example.com";

type Row = [method: string, origin: string | undefined, secFetchSite: string | undefined, expected: boolean];

const rows: Row[] = [
  ["GET", "https://evil.example", "cross-site", true],
  ["HEAD", undefined, undefined, true],
  ["POST", ours, "same-origin", true],
  ["POST", ours, undefined, true],
  ["POST", undefined, "same-origin", true],
  ["POST", undefined, undefined, false],
  ["POST", undefined, "none", false],
  ["POST", undefined, "same-site", false],
  ["POST", undefined, "cross-site", false],
  ["POST", undefined, "no-cors", false],
  ["POST", "null", undefined, false],
  ["POST", "", "same-origin", false],
  ["POST", "https://evil.example", "same-origin", false],
  ["POST", "https://evil.example", undefined, false],
  ["POST", "https://knot.example.com.evil.example", undefined, false],
  ["POST", "https://space.knot.example.com", "same-site", false],
  ["POST", "https://knot.example.com:8443", undefined, false],
  ["POST", "http://knot.example.com", undefined, false],
  ["PUT", "https://evil.example", undefined, false],
  ["PATCH", "https://evil.example", undefined, false],
  ["DELETE", undefined, undefined, false],
  ["delete", undefined, undefined, false],
  ["TRACE", undefined, undefined, false],
];

describe("a request with a cookie", () => {
  for (const [method, origin, secFetchSite, expected] of rows) {
    test(`${expected ? "passes" : "is refused"} with ${method}, Origin ${origin}, Sec-Fetch-Site ${secFetchSite}`, () => {
      assert.equal(isSameOrigin({ method, origin, secFetchSite, host, allowedOrigins: [ours] }), expected);
    });
  }

  test("passes from the host it was sent to when no origin is configured", () => {
    const request = { method: "POST", secFetchSite: "same-origin", host: "localhost:3000", allowedOrigins: [] };
    assert.equal(isSameOrigin({ ...request, origin: "http://localhost:3000" }), true);
    assert.equal(isSameOrigin({ ...request, origin: "http://localhost:3001" }), false);
    assert.equal(isSameOrigin({ ...request, origin: "http://localhost:3000", secFetchSite: "cross-site" }), false);
    assert.equal(isSameOrigin({ ...request, origin: "http://", host: "" }), false);
  });
});

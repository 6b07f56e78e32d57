import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { restUnderTest } from "../testkit/rest.ts";

/** Sends bytes as they are, and reads until the server closes. */
async function answerTo(t: TestContext, bytes: string): Promise<{ head: string; body: string }> {
  const { server } = restUnderTest(t);
  const { port } = new URL(await server.listen({ host: "127.0.0.1", port: 0 }));
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(bytes);
  let text = "";
  for await (const chunk of socket) text += chunk;
  const [head = "", ...rest] = text.split("\r\n\r\n");
  return { head, body: rest.join("\r\n\r\n") };
}

const post = "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n";

const unreadable: Record<string, readonly [bytes: string, status: number, code: string]> = {
  "a length and chunks at once": [
    `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    400,
    "malformed",
  ],
  "two lengths": [`${post}Content-Length: 6\r\nContent-Length: 5\r\n\r\n{}    `, 400, "malformed"],
  "an encoding that is none": [`${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400, "malformed"],
  "a space before the colon": [`${post}Content-Length : 3\r\n\r\nabc`, 400, "malformed"],
  "a folded header": [`${post}X: a\r\n b\r\n\r\n`, 400, "malformed"],
  "lines that end without a carriage return": ["GET /healthz HTTP/1.1\nHost: localhost\n\n", 400, "malformed"],
  "two hosts": ["GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400, "malformed"],
  "headers that are too large": [`${post}X: ${"x".repeat(20_000)}\r\n\r\n`, 431, "too_large"],
  "no HTTP at all": ["\x16\x03\x01\x00\r\n\r\n", 400, "malformed"],
};

for (const [what, [bytes, status, code]] of Object.entries(unreadable)) {
  test(`a request with ${what} is refused with a problem document, and its connection closed`, async (t) => {
    const { head, body } = await answerTo(t, bytes);
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(head, /^content-type: application\/problem\+json/im);
    assert.match(head, /^content-security-policy: /im);
    assert.match(head, /^connection: close$/im);
    const problem = JSON.parse(body);
    assert.deepEqual([problem.status, problem.code], [status, code]);
  });
}

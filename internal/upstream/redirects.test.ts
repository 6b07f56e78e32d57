import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectedPool, hostileServer, poolOf, tool, until } from "./fixtures.ts";
import { following } from "./redirects.ts";

describe("a server that redirects", () => {
  test("to another address of its own is followed, with method, body and credential", async (t) => {
    const server = await hostileServer(t, tool("echo"));
    server.redirect = (path) => (path === "/mcp" ? "/mcp/" : null);
    const { call } = await connectedPool(t, { url: server.url, token: "t0ken" });
    assert.deepEqual((await call("up__echo", { a: 1 })).content, [{ type: "text", text: '{"a":1}' }]);
    assert.ok(server.headers.every(({ authorization }) => authorization === "Bearer t0ken"));
  });

  test("to somebody else is not followed, and nobody learns the credential", async (t) => {
    const [server, trap] = [await hostileServer(t, tool("echo")), await hostileServer(t)];
    server.redirect = () => `${trap.url}?stolen=secret`;
    const { upstreams, status } = poolOf(t, { url: server.url, token: "t0ken", headers: { "x-key": "k3y" } });
    upstreams.start();
    await until(() => status().status === "failed");
    assert.deepEqual(trap.seen, []);
    assert.match(String(status().error), new RegExp(`redirects to ${trap.url}, which knot does not follow`));
    assert.doesNotMatch(String(status().error), /stolen/);
  });

  test("in a circle is given up", async (t) => {
    const server = await hostileServer(t, tool("echo"));
    server.redirect = (path) => path;
    const { upstreams, status } = poolOf(t, { url: server.url });
    upstreams.start();
    await until(() => status().status === "failed");
    assert.match(String(status().error), /redirects more than 3 times/);
  });
});

describe("a redirect", () => {
  const redirected = async (from: string, location: string) => {
    const seen: string[] = [];
    const send = async (url: URL) => {
      seen.push(url.href);
      return seen.length === 1 ? new Response(null, { status: 307, headers: { location } }) : new Response("here");
    };
    await following(new URL(from), send).catch(() => {});
    return seen.slice(1);
  };

  for (const [from, location, expected] of [
    ["http://a.example/mcp", "/x", ["http://a.example/x"]],
    ["http://a.example/mcp", "https://a.example/mcp", ["https://a.example/mcp"]],
    ["http://a.example:8080/mcp", "https://a.example/mcp", []],
    ["https://a.example/mcp", "http://a.example/mcp", []],
    ["https://a.example/mcp", "https://b.example/mcp", []],
    ["https://a.example/mcp", "//b.example/mcp", []],
    ["https://a.example/mcp", "https://a.example:8443/mcp", []],
    ["https://a.example/mcp", "https://u:p@a.example/mcp", []],
    ["https://a.example/mcp", "http://169.254.169.254/latest", []],
    ["https://a.example/mcp", "file:///etc/passwd", []],
    ["https://a.example/mcp", "http://[", []],
  ] as const) {
    test(`from ${from} to ${location} is ${expected.length === 0 ? "not " : ""}followed`, async () => {
      assert.deepEqual(await redirected(from, location), expected);
    });
  }
});

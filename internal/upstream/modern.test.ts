import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { Problem } from "../problem/problem.ts";
import { callOf } from "../testkit/principal.ts";
import { connectedPool, until } from "./fixtures.ts";

/** A server of the 2026-07-28 protocol alone, as the SDK makes them. */
async function modernServer(t: TestContext) {
  const names = ["echo"];
  const headers: Record<string, unknown>[] = [];
  const closed: string[] = [];
  const handler = createMcpHandler(
    () => {
      const server = new McpServer(
        { name: "modern", version: "1" },
        { capabilities: { tools: { listChanged: true } } },
      );
      const properties = { region: { type: "string", "x-mcp-header": "Region" } };
      server.server.setRequestHandler("tools/list", () => ({
        tools: names.map((name) => ({ name, inputSchema: { type: "object", properties } })),
      }));
      server.server.setRequestHandler("tools/call", async ({ params }, ctx) => {
        if (params.name === "wait") {
          await new Promise((resolve) => ctx.mcpReq.signal.addEventListener("abort", resolve));
          closed.push(params.name);
        }
        return {
          content: [{ type: "text", text: JSON.stringify(params.arguments ?? null) }],
          _meta: { "vendor/x": 1 },
        };
      });
      return server;
    },
    { legacy: "reject" },
  );
  const node = toNodeHandler(handler);
  const server = createServer((req, res) => {
    headers.push(req.headers);
    void node(req as Parameters<typeof node>[0], res);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    names,
    headers,
    closed,
    announceChange: () => handler.notify.toolsChanged(),
    dropConnections: () => server.closeAllConnections(),
  };
}

describe("a server of the newer protocol", () => {
  test("is spoken to in it, with arguments repeated as headers where it asks for that", async (t) => {
    const server = await modernServer(t);
    const { call, status } = await connectedPool(t, { url: server.url });
    assert.equal(status().era, "modern");
    const result = await call("up__echo", { region: "eu" });
    assert.deepEqual(result.content, [{ type: "text", text: '{"region":"eu"}' }]);
    assert.equal(result._meta?.["vendor/x"], 1);
    const last = server.headers.at(-1);
    assert.deepEqual(
      [last?.["mcp-method"], last?.["mcp-name"], last?.["mcp-param-region"]],
      ["tools/call", "echo", "eu"],
    );
  });

  test("is heard when it announces other tools, also after its stream broke", async (t) => {
    const server = await modernServer(t);
    const { names, status } = await connectedPool(t, { url: server.url });
    server.names.push("two");
    server.announceChange();
    await until(() => names().includes("up__two"));
    server.dropConnections();
    await until(() => status().status === "degraded");
    server.names.push("three");
    await until(() => names().includes("up__three") && status().status === "connected");
    server.names.push("four");
    server.announceChange();
    await until(() => names().includes("up__four"));
  });

  test("stops working on a call whose caller went away", async (t) => {
    const server = await modernServer(t);
    server.names.push("wait");
    const { call } = await connectedPool(t, { url: server.url });
    const caller = new AbortController();
    const running = call("up__wait", {}, callOf({ signal: caller.signal }));
    await until(() => server.headers.some((each) => each["mcp-name"] === "wait"));
    caller.abort();
    await assert.rejects(running, (thrown: unknown) => thrown instanceof Problem && thrown.code === "cancelled");
    await until(() => server.closed.includes("wait"));
  });
});

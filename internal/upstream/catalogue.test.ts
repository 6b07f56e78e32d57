import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { callOf, principal } from "../testkit/principal.ts";
import { waistOf } from "../testkit/waist.ts";
import { Catalogue } from "../tool/catalogue.ts";
import { UnknownTool } from "../tool/unknown-tool.ts";
import { connectedPool, hostileServer, poolOf, tool, until } from "./fixtures.ts";

const call = () => callOf({ door: "mcp" });

async function catalogueOf(t: TestContext) {
  const server = await hostileServer(t, tool("generate-text", { description: "Write a poem." }), tool("secret"));
  const pool = await connectedPool(t, { url: server.url, hidden: ["secret"] });
  const { waist, audited } = waistOf();
  const catalogue = new Catalogue({ sources: pool.upstreams.sources, waist });
  t.after(() => catalogue.close());
  return { catalogue, audited, server };
}

const namesOf = (tools: readonly { name: string }[]) => tools.map(({ name }) => name);

describe("the tools of a connected server in the catalogue", () => {
  test("are found, run by either name, and written down under their own", async (t) => {
    const { catalogue, audited } = await catalogueOf(t);
    const found = await catalogue.call("tool_search", { query: "write poetry" }, call());
    assert.deepEqual(namesOf(found.structuredContent?.["tools"] as { name: string }[]), ["up__generate-text"]);
    for (const name of ["up__generate-text", "up.generate-text"]) {
      const result = await catalogue.call("execute_tool", { name, arguments: { topic: "sea" } }, call());
      assert.deepEqual(result.content, [{ type: "text", text: '{"topic":"sea"}' }]);
    }
    assert.deepEqual(
      audited.map(({ capability, label }) => [capability.name, label]),
      [
        ["tool_search", 'Search tools for "write poetry"'],
        ["up__generate-text", "Call generate-text of up"],
        ["up__generate-text", "Call generate-text of up"],
      ],
    );
  });

  test("answer to their name but show nowhere when they are hidden", async (t) => {
    const { catalogue } = await catalogueOf(t);
    assert.deepEqual(namesOf(catalogue.list(call(), "native")), ["up__generate-text"]);
    assert.equal((await catalogue.call("up.secret", {}, call())).isError, undefined);
    await assert.rejects(catalogue.call("up__secre", {}, call()), (thrown: UnknownTool) => thrown.near.length === 0);
  });

  test("do not exist for those who may not use integrations, under any name", async (t) => {
    const { catalogue, server } = await catalogueOf(t);
    const stranger = callOf({ door: "mcp", principal: principal({ permissions: new Set(["mcp.use"]) }) });
    for (const name of ["up__generate-text", "up.generate-text", "up.secret"])
      await assert.rejects(catalogue.call(name, {}, stranger), UnknownTool);
    assert.ok(!server.seen.some((what) => what.startsWith("tools/call")));
  });

  test("are others for everybody once the server says so", async (t) => {
    const { catalogue, server } = await catalogueOf(t);
    const before = catalogue.listJson(call(), "native");
    server.tools = [tool("paint", { description: "Draw a picture." })];
    server.announceChange();
    await until(() => catalogue.listJson(call(), "native") !== before);
    assert.deepEqual(namesOf(catalogue.list(call(), "native")), ["up__paint"]);
  });

  test("of a server that never came up are said to be away, to those who may use integrations", async (t) => {
    const server = await hostileServer(t, tool("draw"));
    await server.stop();
    const pool = poolOf(t, { url: server.url });
    const { waist } = waistOf();
    const catalogue = new Catalogue({ sources: pool.upstreams.sources, waist });
    t.after(() => catalogue.close());
    pool.upstreams.start();
    await until(() => pool.status().status === "failed");
    const stranger = callOf({ door: "mcp", principal: principal({ permissions: new Set(["mcp.use"]) }) });
    for (const name of ["up__draw", "up.draw"]) {
      const result = await catalogue.call("execute_tool", { name }, call());
      assert.match(String(result.content[0]?.["text"]), /^upstream_unavailable: The integration "up" is not reachable/);
      await assert.rejects(catalogue.call(name, {}, stranger), UnknownTool);
    }
    await assert.rejects(catalogue.call("other__draw", {}, call()), UnknownTool);
    await server.start();
    await until(() => pool.status().status === "connected");
    assert.equal((await catalogue.call("up.draw", {}, call())).isError, undefined);
    await assert.rejects(catalogue.call("up.paint", {}, call()), UnknownTool);
  });
});

import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { z } from "zod";
import type { Call } from "../operation/call.ts";
import { operation } from "../operation/operation.ts";
import { createRegistry } from "../operation/registry.ts";
import type { ApprovalGate } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import { waistOf } from "../testkit/waist.ts";
import { Catalogue } from "../tool/catalogue.ts";
import { createOperationSource } from "../tool/operation-source.ts";
import { callModern, connectFirst, connectLegacy, connectModern } from "./fixtures/clients.ts";
import { daemonFor, user } from "./fixtures/daemon.ts";

const stopSpace = operation({
  name: "stop_space",
  title: "Stop space",
  description: "Stop a running space.",
  effect: "write",
  idempotent: true,
  permission: "spaces.use",
  input: z.object({ space: z.string().min(2).describe("Name or id") }),
  output: z.object({ state: z.string().describe("Its state now") }),
  problems: ["not_found"],
  path: "/spaces/{space}/stop",
  tool: { visibility: "discoverable", keywords: ["halt", "shut down"] },
  command: null,
  label: ({ space }) => `Stop the space ${space}`,
  run: async (call, { space }, { spaces }: { spaces: { stop(call: Call, space: string): Promise<string> } }) => ({
    state: await spaces.stop(call, space),
  }),
});

const deleteUser = operation({
  ...stopSpace,
  name: "delete_user",
  title: "Delete user",
  description: "Delete a user.",
  effect: "destroy",
  permission: "users.manage",
  path: "/users/{space}",
});

async function stop(_call: Call, space: string): Promise<string> {
  if (space === "lost") throw new Problem("not_found", 'There is no space "lost".');
  return "stopped";
}

/** The door in front of the real catalogue and the real waist. */
function startReal(t: TestContext, approvals?: ApprovalGate) {
  const { waist, audited } = waistOf(approvals === undefined ? {} : { approvals });
  const registry = createRegistry([stopSpace, deleteUser], { spaces: { stop } }, waist);
  const catalogue = new Catalogue({ sources: [createOperationSource(registry)], waist });
  return { daemon: daemonFor(t, { catalogue }), audited };
}

const params = { name: "execute_tool", arguments: { name: "stop_space", arguments: { space: "web" } } };

for (const [name, connect] of Object.entries({ connectModern, connectLegacy, connectFirst })) {
  describe(`knot's own catalogue, ${name}`, () => {
    test("is searched, executed and audited under the name of the tool", async (t) => {
      const { daemon: starting, audited } = startReal(t);
      const daemon = await starting;
      const client = await connect(daemon.url, "ada");
      assert.deepEqual(
        (await client.listTools()).tools.map((tool) => tool.name),
        ["tool_search", "execute_tool"],
      );
      const found = await client.callTool({ name: "tool_search", arguments: { query: "halt my environment" } });
      assert.match(JSON.stringify(found.content), /stop_space/);
      const done = await client.callTool(params);
      assert.deepEqual(done["structuredContent"], { state: "stopped" });
      const [last] = audited.slice(-1);
      assert.equal(last?.capability.name, "stop_space");
      assert.equal(last?.call.door, "mcp");
      assert.match(last?.call.client ?? "", /^test-client/);
      await client.close();
    });

    test("tells what was wrong with the input, although the tool has an output schema", async (t) => {
      const daemon = await startReal(t).daemon;
      const client = await connect(`${daemon.url}?mode=native`, "ada");
      await client.listTools();
      const result = await client.callTool({ name: "stop_space", arguments: { space: "x" } });
      assert.equal(result.isError, true);
      const document = result["structuredContent"] as { code: string; expected_schema: object };
      assert.equal(document.code, "invalid_input");
      assert.ok(document.expected_schema);
      const lost = await client.callTool({ name: "stop_space", arguments: { space: "lost" } });
      assert.match(JSON.stringify(lost.content), /There is no space/);
      await client.close();
    });

    test("shows and calls only what this user may", async (t) => {
      const daemon = await startReal(t).daemon;
      daemon.tokens.set("member", user("member", { permissions: new Set(["mcp.use", "spaces.use"]) }));
      const client = await connect(`${daemon.url}?mode=native`, "member");
      assert.deepEqual(
        (await client.listTools()).tools.map((tool) => tool.name),
        ["stop_space"],
      );
      await assert.rejects(client.callTool({ name: "delete_user", arguments: { space: "ada" } }), { code: -32602 });
      await client.close();
    });
  });
}

describe("a call that the waist holds back", () => {
  const extra = {
    approval: {
      id: "a-1",
      label: "Stop the space web",
      state: "pending",
      url: "/approvals/a-1",
      expires_at: Date.now() + 1e6,
    },
  };
  const gate: ApprovalGate = {
    admit: async (_capability, _input, _label, { approval_id }) => {
      if (approval_id === "a-1") return { run: true };
      throw new Problem("approval_required", "This call waits for approval.", { extra });
    },
  };

  test("asks a client that can be asked, and runs on its retry", async (t) => {
    const daemon = await startReal(t, gate).daemon;
    const declared = { "io.modelcontextprotocol/clientCapabilities": { elicitation: { url: {} } } };
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    assert.equal(answer.result.inputRequests.approval.params.message, "Approve this call: Stop the space web");
    const retry = { ...params, requestState: answer.result.requestState };
    const done = await callModern(daemon.url, "ada", 2, "tools/call", retry, declared);
    assert.deepEqual(done.answer.result.structuredContent, { state: "stopped" });
  });

  test("names the approval to a client that cannot", async (t) => {
    const daemon = await startReal(t, gate).daemon;
    const client = await connectFirst(daemon.url, "ada");
    const result = await client.callTool(params);
    assert.equal(result.isError, true);
    assert.match(JSON.stringify(result.content), /Approval a-1 .* at http:\/\/localhost:\d+\/approvals\/a-1/);
    await client.close();
  });
});

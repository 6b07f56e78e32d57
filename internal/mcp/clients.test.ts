import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { FakeCatalogue, fakeTool, text, waitingTool } from "./fixtures/catalogue.ts";
import { callTool, connectFirst, connectLegacy, connectModern } from "./fixtures/clients.ts";
import { daemonFor } from "./fixtures/daemon.ts";

const connects = {
  "the SDK's second line, 2026-07-28": connectModern,
  "the SDK's second line, 2025-11-25": connectLegacy,
  "the SDK's first line": connectFirst,
} as const;

for (const [name, connect] of Object.entries(connects)) {
  describe(name, () => {
    test("lists, searches and executes", async (t) => {
      const daemon = await daemonFor(t, {
        catalogue: new FakeCatalogue([fakeTool({ name: "greet", run: ({ who }) => text(`Hello, ${who}!`) })]),
      });
      const client = await connect(daemon.url, "ada");
      assert.equal(client.getServerVersion()?.name, "knot");
      assert.equal(client.getInstructions(), "Tools of a test.");
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.map((tool) => tool.name),
        ["tool_search", "execute_tool"],
      );
      const found = await client.callTool({ name: "tool_search", arguments: { query: "greet" } });
      assert.deepEqual(found.content, [{ type: "text", text: "greet" }]);
      const executed = await client.callTool({
        name: "execute_tool",
        arguments: { name: "greet", arguments: { who: "Ada" } },
      });
      assert.deepEqual(executed.content, [{ type: "text", text: "Hello, Ada!" }]);
      await client.close();
    });

    test("is told of a tool that does not exist with -32602", async (t) => {
      const daemon = await daemonFor(t);
      const client = await connect(daemon.url, "ada");
      await assert.rejects(client.callTool({ name: "nope" }), { code: -32602 });
      await client.close();
    });

    test("gets structured content, errors and _meta as the tool gave them", async (t) => {
      const result = {
        ...text("It broke."),
        isError: true,
        structuredContent: { code: "conflict" },
        _meta: { "knot/trace": "1" },
      };
      const daemon = await daemonFor(t, {
        catalogue: new FakeCatalogue([fakeTool({ name: "break", native: true, run: () => result })]),
      });
      const client = await connect(daemon.url, "ada");
      const answer = await client.callTool({ name: "break" });
      assert.equal(answer.isError, true);
      assert.deepEqual(answer.content, result.content);
      assert.deepEqual(answer["structuredContent"], result.structuredContent);
      assert.equal(answer._meta?.["knot/trace"], "1");
      await client.close();
    });

    test("hears of progress", async (t) => {
      const tool = fakeTool({
        name: "slow",
        native: true,
        run: (_args, call) => {
          call.report({ message: "half", percent: 50 });
          call.report({ message: "more" });
          return text("done");
        },
      });
      const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
      const client = await connect(daemon.url, "ada");
      const heard: { progress: number; message?: string | undefined }[] = [];
      const onprogress = (progress: { progress: number; message?: string | undefined }) => void heard.push(progress);
      await callTool(client, { name: "slow" }, { onprogress });
      assert.deepEqual(
        heard.map(({ message }) => message),
        ["half", "more"],
      );
      assert.ok((heard[0]?.progress ?? 0) < (heard[1]?.progress ?? 0));
      await client.close();
    });

    test("aborts the call when it cancels", async (t) => {
      const { tool, started, aborted } = waitingTool();
      const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
      const client = await connect(daemon.url, "ada");
      const cancel = new AbortController();
      const called = callTool(client, { name: "wait" }, { signal: cancel.signal });
      const call = await started;
      assert.match(call.client, /^test-client 1\.2\.3/);
      cancel.abort();
      await assert.rejects(called);
      await aborted;
      assert.equal(call.signal.aborted, true);
      await client.close();
    });
  });
}

describe("changes of the list", () => {
  test("reach the users concerned in both eras, and nobody else", async (t) => {
    const daemon = await daemonFor(t);
    const heard: string[] = [];
    const ada = await connectModern(daemon.url, "ada");
    ada.setNotificationHandler("notifications/tools/list_changed", () => void heard.push("ada, modern"));
    const subscription = await ada.listen({ toolsListChanged: true });
    assert.deepEqual(subscription.honoredFilter, { toolsListChanged: true });
    const bob = await connectModern(daemon.url, "bob");
    bob.setNotificationHandler("notifications/tools/list_changed", () => void heard.push("bob, modern"));
    await bob.listen({ toolsListChanged: true });
    const first = await connectFirst(daemon.url, "ada");
    first.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.push("ada, legacy"));
    const other = await connectFirst(daemon.url, "bob");
    other.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.push("bob, legacy"));
    const until = async (count: number) => {
      while (heard.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await untilOpen(daemon, 4);

    daemon.catalogue.change("ada");
    await until(2);
    assert.deepEqual(heard.toSorted(), ["ada, legacy", "ada, modern"]);

    daemon.catalogue.change("bob");
    await until(4);
    assert.deepEqual(heard.slice(2).toSorted(), ["bob, legacy", "bob, modern"]);

    daemon.catalogue.change(null);
    await until(8);
    assert.deepEqual(heard.slice(4).toSorted(), ["ada, legacy", "ada, modern", "bob, legacy", "bob, modern"]);
    for (const client of [ada, bob, first, other]) await client.close();
  });

  test("never honour a resource of somebody", async (t) => {
    const daemon = await daemonFor(t);
    const client = await connectModern(daemon.url, "ada");
    const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: ["space://bob/files"] });
    assert.deepEqual(subscription.honoredFilter, { toolsListChanged: true });
    await client.close();
  });
});

/** Waits until this many streams are open: the GET of a 2025 client comes some time after its connect. */
async function untilOpen(daemon: { door: { open: () => number } }, count: number): Promise<void> {
  while (daemon.door.open() < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

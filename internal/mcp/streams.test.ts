import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeCatalogue, fakeTool, text } from "./fixtures/catalogue.ts";
import { beginSession, messagesOf, modernRequest, post } from "./fixtures/clients.ts";
import { daemonFor, type TestDaemon } from "./fixtures/daemon.ts";

const stream = (daemon: TestDaemon, headers: Record<string, string>) =>
  fetch(daemon.url, { headers: { accept: "text/event-stream", authorization: "Bearer ada", ...headers } });

/** Reads a stream until the text appears or the stream ends. */
async function readUntil(response: Response, wanted: string): Promise<string> {
  let seen = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    seen += decoder.decode(chunk, { stream: true });
    if (seen.includes(wanted)) break;
  }
  return seen;
}

describe("a stream of a session", () => {
  /** A call that ends when it is told to, and what its client needs to resume it. */
  async function slowCall(t: TestContext) {
    const release = Promise.withResolvers<void>();
    const run = async () => {
      await release.promise;
      return text("here after all");
    };
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([fakeTool({ name: "slow", run })]) });
    const headers = await beginSession(daemon.url, "ada");
    const lost = new AbortController();
    const response = await fetch(daemon.url, {
      method: "POST",
      signal: lost.signal,
      headers: {
        ...headers,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: "Bearer ada",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 9, method: "tools/call", params: { name: "slow" } }),
    });
    const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    const primed = new TextDecoder().decode((await reader.read()).value);
    const resume = { ...headers, "last-event-id": /^id: (.+)$/m.exec(primed)?.[1] ?? "" };
    return { daemon, headers, resume, lost, reader, release };
  }

  test("gives the answer to a client that lost its stream and resumes", async (t) => {
    const { daemon, headers, resume, lost, release } = await slowCall(t);
    lost.abort();
    while (daemon.door.open() > 0) await sleep(5);
    release.resolve();
    const resumed = await stream(daemon, resume);
    assert.match(await readUntil(resumed, "here after all"), /"id":9/);
    assert.equal((await stream(daemon, { ...headers, "last-event-id": "made.up" })).status, 400);
  });

  test("gives it also when the network has not told us that the stream is lost", async (t) => {
    const { daemon, resume, reader, release } = await slowCall(t);
    const resumed = await stream(daemon, resume);
    assert.equal(resumed.status, 200);
    assert.equal((await reader.read()).done, true);
    release.resolve();
    assert.match(await readUntil(resumed, "here after all"), /"id":9/);
  });

  test("has one stream for what nobody asked, the one that was opened last", async (t) => {
    const daemon = await daemonFor(t);
    const headers = await beginSession(daemon.url, "ada");
    const [first, second] = [await stream(daemon, headers), await stream(daemon, headers)];
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.equal(await first.text(), "");
    daemon.catalogue.change("ada");
    const heard = await readUntil(second, "list_changed");
    const last = /^id: (.+)$/m.exec(heard)?.[1] ?? "";
    const third = await stream(daemon, { ...headers, "last-event-id": last });
    daemon.catalogue.change("ada");
    assert.match(await readUntil(third, "list_changed"), /list_changed/);
  });
});

describe("a listen stream", () => {
  test("ends with a result when the daemon stops, so that its client knows that nothing broke", async (t) => {
    const daemon = await daemonFor(t);
    const { headers, body } = modernRequest("all", "subscriptions/listen", {
      notifications: { toolsListChanged: true },
    });
    const response = await post(daemon.url, body, { headers });
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    const stopped = daemon.server.close();
    const messages = messagesOf(await response.text());
    await stopped;
    const id = { "io.modelcontextprotocol/subscriptionId": "all" };
    assert.deepEqual(messages[0].params, { notifications: { toolsListChanged: true }, _meta: id });
    const { result } = messages.at(-1);
    assert.deepEqual([result.resultType, result._meta["io.modelcontextprotocol/subscriptionId"]], ["complete", "all"]);
  });

  test("that asks for nothing there is, is told so and ends", async (t) => {
    const daemon = await daemonFor(t);
    const asked = { promptsListChanged: true, resourceSubscriptions: ["space://bob"] };
    const { headers, body } = modernRequest(1, "subscriptions/listen", { notifications: asked });
    const [acknowledged, end] = messagesOf(await (await post(daemon.url, body, { headers })).text());
    assert.deepEqual([acknowledged.params.notifications, end.result.resultType], [{}, "complete"]);
  });
});

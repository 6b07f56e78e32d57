import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../operation/call.ts";
import { Problem, type ProblemCode } from "../problem/problem.ts";
import type { ToolResult } from "../tool/tool.ts";
import type { Decided } from "./decisions.ts";
import { FakeCatalogue, fakeTool, text } from "./fixtures/catalogue.ts";
import { callModern, connectFirst, connectModern, messagesOf, modernRequest, post } from "./fixtures/clients.ts";
import { daemonFor, user } from "./fixtures/daemon.ts";

const elicitation = (modes: object) => ({
  "io.modelcontextprotocol/clientCapabilities": { elicitation: modes },
});

type Approval = { id: string; label: string; state: string; url: string; created_at: number; expires_at: number };

const approval = (overrides: Partial<Approval> = {}): Approval => ({
  id: "approval-1",
  label: "Delete the space web",
  state: "pending",
  url: "/approvals/approval-1",
  created_at: Date.now(),
  expires_at: Date.now() + 60_000,
  ...overrides,
});

const problem = (overrides: Partial<Approval> = {}, code: ProblemCode = "approval_required") =>
  new Problem(code, "This call waits for approval.", { extra: { approval: approval(overrides) } });

/** Decisions that come when a test says so; until then it stands as `state` says. */
function decisions(longest = 60_000, state = "pending") {
  const waiting: AbortSignal[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const waits = Promise.withResolvers<void>();
  const decided: Decided = (_id, signal, report) => {
    waiting.push(signal);
    report(state);
    if (state !== "pending") report(state, { message: "Half way", percent: 50 });
    waits.resolve();
    const left = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return Promise.race([promise, left]);
  };
  return { hold: { decided, longest }, waiting, waits: waits.promise, decide: resolve };
}

/** A catalogue whose tool asks until the approval it is told was decided; it notes what it was told. */
function asking(
  ask: () => ToolResult | never = () => {
    throw problem();
  },
) {
  const told: (string | undefined)[] = [];
  const decided = new Set<string>();
  const tool = fakeTool({
    name: "delete_space",
    native: true,
    output_schema: { type: "object", properties: { gone: { type: "boolean" } }, required: ["gone"] },
    run: (_args, call) => {
      told.push(call.approval_id);
      const isApproved = decided.size > 0 && (call.approval_id === undefined || decided.has(call.approval_id));
      return isApproved ? { ...text("Deleted."), structuredContent: { gone: true } } : ask();
    },
  });
  return { catalogue: new FakeCatalogue([tool, { ...tool, name: "other" }]), told, decided };
}

/** A tool that always asks, until its caller declines; it notes its calls. */
function noting() {
  const calls: Call[] = [];
  const run = (_args: object, call: Call) => {
    calls.push(call);
    throw problem({}, call.declined ? "declined" : "approval_required");
  };
  return { tool: fakeTool({ name: "delete_space", run }), calls };
}

const args = { space: "web", force: true };
const params = { name: "delete_space", arguments: args };

describe("a call that needs approval, 2026-07-28", () => {
  test("asks the client at the approval's address, and runs on the retry once it is approved", async (t) => {
    const { catalogue, told, decided } = asking();
    const daemon = await daemonFor(t, { catalogue });
    const asked = await callModern(daemon.url, "ada", 1, "tools/call", params, elicitation({ url: {} }));
    const { result } = asked.answer;
    assert.equal(result.resultType, "input_required");
    assert.deepEqual(result.inputRequests.approval.params, {
      mode: "url",
      message: "Approve this call: Delete the space web",
      url: `${new URL(daemon.url).origin}/approvals/approval-1`,
    });
    decided.add("approval-1");
    const retry = {
      ...params,
      arguments: { force: true, space: "web" },
      requestState: result.requestState,
      inputResponses: { approval: { action: "accept" } },
    };
    const done = await callModern(daemon.url, "ada", 2, "tools/call", retry, elicitation({ url: {} }));
    assert.deepEqual(done.answer.result.content, [{ type: "text", text: "Deleted." }]);
    assert.deepEqual(told, [undefined, "approval-1"]);
  });

  test("asks with a form when the client has no addresses, and again while nobody has decided", async (t) => {
    const daemon = await daemonFor(t, { catalogue: asking().catalogue });
    const first = await callModern(daemon.url, "ada", 1, "tools/call", params, elicitation({}));
    const { inputRequests, requestState } = first.answer.result;
    assert.equal(inputRequests.approval.params.mode, "form");
    assert.match(inputRequests.approval.params.message, /Delete the space web\. .*\/approvals\/approval-1/);
    const retry = { ...params, requestState, inputResponses: { approval: { action: "accept", content: {} } } };
    const second = await callModern(daemon.url, "ada", 2, "tools/call", retry, elicitation({}));
    assert.equal(second.answer.result.resultType, "input_required");
  });

  test("works through the SDK's own client", async (t) => {
    const { catalogue, decided } = asking();
    const daemon = await daemonFor(t, { catalogue });
    const client = await connectModern(daemon.url, "ada", { capabilities: { elicitation: { url: {} } } });
    client.setRequestHandler("elicitation/create", () => {
      decided.add("approval-1");
      return { action: "accept" };
    });
    const result = await client.callTool(params);
    assert.deepEqual(result.content, [{ type: "text", text: "Deleted." }]);
    await client.close();
  });

  const declared = elicitation({ url: {} });
  const stolen = {
    "another user": { token: "bob", retry: params },
    "another credential of the same user": { token: "ada-2", retry: params },
    "another tool": { token: "ada", retry: { ...params, name: "other" } },
    "other arguments": { token: "ada", retry: { ...params, arguments: { ...args, force: false } } },
  };
  for (const [what, { token, retry }] of Object.entries(stolen)) {
    test(`refuses a state that was given for ${what}`, async (t) => {
      const { catalogue, told, decided } = asking();
      const daemon = await daemonFor(t, { catalogue });
      daemon.tokens.set("ada-2", user("ada", { credential: { kind: "token", id: "phone", name: "phone" } }));
      const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
      decided.add("approval-1");
      const { requestState } = answer.result;
      const sent = { ...retry, requestState, inputResponses: {} };
      const refused = await callModern(daemon.url, token, 2, "tools/call", sent, declared);
      assert.equal(refused.answer.error.code, -32602);
      assert.equal(told.length, 1);
    });
  }

  test("refuses a state that was changed, made up, or has expired", async (t) => {
    const { catalogue } = asking(() => {
      throw problem({ expires_at: Date.now() - 24 * 3_600_000 });
    });
    const daemon = await daemonFor(t, { catalogue });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    const sealed: string = answer.result.requestState;
    for (const requestState of [sealed, `${sealed.slice(0, -1)}${sealed.endsWith("A") ? "B" : "A"}`, "v1.a.b.c", ""]) {
      const sent = { ...params, requestState };
      const refused = await callModern(daemon.url, "ada", 2, "tools/call", sent, declared);
      assert.equal(refused.answer.error.code, -32602, requestState);
    }
  });

  const accepted = (requestState: string) => ({
    ...params,
    requestState,
    inputResponses: { approval: { action: "accept" } },
  });

  test("takes a state back for a day after its question has expired, so that its client hears so", async (t) => {
    const { catalogue, told } = asking(() => {
      throw problem({ expires_at: Date.now() - 1000 }, told.at(-1) === undefined ? "approval_required" : "declined");
    });
    const daemon = await daemonFor(t, { catalogue });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    const retry = accepted(answer.result.requestState);
    const late = await callModern(daemon.url, "ada", 2, "tools/call", retry, declared);
    assert.equal(late.answer.result.structuredContent.code, "declined");
  });

  /** The retry of an accepted question that wants progress. */
  async function following(url: string) {
    const { answer } = await callModern(url, "ada", 1, "tools/call", params, declared);
    const meta = { ...declared, progressToken: "p" };
    const { headers, body } = modernRequest(2, "tools/call", accepted(answer.result.requestState), meta);
    return [body, { headers }] as const;
  }

  test("waits for the decision when it comes back before there is one", async (t) => {
    const { catalogue, decided, told } = asking();
    const { hold, waits, decide } = decisions();
    const daemon = await daemonFor(t, { catalogue, hold });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    const retry = callModern(daemon.url, "ada", 2, "tools/call", accepted(answer.result.requestState), declared);
    await waits;
    decided.add("approval-1");
    decide();
    assert.deepEqual((await retry).answer.result.content, [{ type: "text", text: "Deleted." }]);
    assert.deepEqual(told, [undefined, "approval-1", "approval-1"]);
  });

  test("tells who waits what it waits for, when the request wants progress", async (t) => {
    const { hold, waits, decide } = decisions();
    const daemon = await daemonFor(t, { catalogue: asking().catalogue, hold });
    const retry = post(daemon.url, ...(await following(daemon.url)));
    await waits;
    decide();
    const [progress] = messagesOf(await (await retry).text());
    assert.match(progress.params.message, /Waiting for a decision: Delete the space web \(http.*approval-1\)/);
  });

  test("keeps who follows the progress to the end of a call that is approved and runs", async (t) => {
    const { catalogue, decided } = asking();
    const { hold, waits, decide } = decisions(1, "executing");
    const daemon = await daemonFor(t, { catalogue, hold });
    const retry = post(daemon.url, ...(await following(daemon.url)));
    await waits;
    await sleep(20);
    decided.add("approval-1");
    decide();
    const messages = messagesOf(await (await retry).text());
    assert.deepEqual(
      messages.slice(0, -1).map(({ params: { message, progress } }) => [message, progress]),
      [
        ["Approved, and running: Delete the space web", 0],
        ["Half way", 50],
      ],
    );
    assert.deepEqual(messages.at(-1).result.content, [{ type: "text", text: "Deleted." }]);
  });

  test("lets who does not follow it go after a while", async (t) => {
    const { hold, waiting } = decisions(1, "executing");
    const daemon = await daemonFor(t, { catalogue: asking().catalogue, hold });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    const retry = accepted(answer.result.requestState);
    await callModern(daemon.url, "ada", 2, "tools/call", retry, declared);
    assert.equal(waiting[0]?.aborted, true);
  });

  test("asks again when nobody decides for long, and at once when there was no answer to the question", async (t) => {
    const { hold, waiting } = decisions(1);
    const daemon = await daemonFor(t, { catalogue: asking().catalogue, hold });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    const { requestState } = answer.result;
    for (const [retry, waited] of [
      [{ ...params, requestState }, 0],
      [accepted(requestState), 1],
    ] as const) {
      const again = await callModern(daemon.url, "ada", 2, "tools/call", retry, declared);
      assert.equal(again.answer.result.resultType, "input_required");
      assert.equal(waiting.length, waited);
    }
  });

  test("stops waiting when its client goes away", async (t) => {
    const { hold, waits, waiting } = decisions();
    const daemon = await daemonFor(t, { catalogue: asking().catalogue, hold });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
    const { headers, body } = modernRequest(2, "tools/call", accepted(answer.result.requestState), declared);
    const leaving = new AbortController();
    const sent = fetch(daemon.url, {
      method: "POST",
      headers: { ...headers, authorization: "Bearer ada", "content-type": "application/json", accept: "*/*" },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    await waits;
    leaving.abort();
    await assert.rejects(sent);
    const [signal] = waiting;
    if (!signal?.aborted) await once(signal as AbortSignal, "abort");
  });

  for (const [action, declined] of [
    ["decline", true],
    ["cancel", undefined],
  ] as const) {
    test(`is told of a person who says "${action}", and asks nothing more`, async (t) => {
      const { tool, calls } = noting();
      const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]), hold: decisions().hold });
      const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, declared);
      const { requestState } = answer.result;
      const retry = { ...params, requestState, inputResponses: { approval: { action } } };
      const { result } = (await callModern(daemon.url, "ada", 2, "tools/call", retry, declared)).answer;
      assert.deepEqual([result.isError, result.resultType], [true, "complete"]);
      assert.equal(result.structuredContent.code, declined ? "declined" : "approval_required");
      assert.deepEqual([calls[1]?.declined, calls[1]?.approval_id], [declined, "approval-1"]);
    });
  }

  test("takes no answer to a question from who brings no state of it", async (t) => {
    const { tool, calls } = noting();
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([tool]) });
    const sent = { name: "delete_space", inputResponses: { approval: { action: "decline" } } };
    await callModern(daemon.url, "ada", 1, "tools/call", sent, declared);
    assert.equal(calls[0]?.declined, undefined);
  });
});

describe("a client that cannot be asked", () => {
  const pending =
    /Approval approval-1 \(Delete the space web\) waits for a decision at http:\/\/localhost:\d+\/approvals\/approval-1, until 20/;

  test("is told which approval waits, and gets the result when it calls again", async (t) => {
    const { catalogue, decided } = asking();
    const daemon = await daemonFor(t, { catalogue });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params);
    assert.equal(answer.result.isError, true);
    assert.equal(answer.result.structuredContent.code, "approval_required");
    assert.match(answer.result.content[1].text, pending);
    decided.add("approval-1");
    const done = await callModern(daemon.url, "ada", 2, "tools/call", params);
    assert.equal(done.answer.result.isError, undefined);
  });

  test("is told the same when the catalogue wraps the problem, in the content or beside it", async (t) => {
    const document = { ...problem().toDocument() };
    const where = [{ structuredContent: document }, { _meta: { "knot/problem": document } }];
    for (const wrapped of where) {
      const { catalogue } = asking(() => ({ ...text("approval_required"), isError: true, ...wrapped }));
      const daemon = await daemonFor(t, { catalogue });
      const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params);
      assert.match(answer.result.content.at(-1).text, pending);
      const asked = await callModern(daemon.url, "ada", 2, "tools/call", params, elicitation({ url: {} }));
      assert.equal(asked.answer.result.resultType, "input_required");
    }
  });

  test("waits for the decision when it calls again, but not when it calls for the first time", async (t) => {
    const created_at = Date.now() - 1000;
    let isNew = true;
    const { catalogue, decided } = asking(() => {
      throw problem(isNew ? { created_at: Date.now() } : { created_at });
    });
    const { hold, waits, waiting, decide } = decisions();
    const daemon = await daemonFor(t, { catalogue, hold });
    const first = await connectFirst(daemon.url, "ada");
    const ask = async () => (await first.callTool(params)) as unknown as { isError?: boolean };
    assert.equal((await ask()).isError, true);
    assert.equal(waiting.length, 0);
    isNew = false;
    const again = ask();
    await waits;
    decided.add("approval-1");
    decide();
    assert.equal((await again).isError, undefined);
    await first.close();
  });

  test("is told nothing more when the call was approved and runs", async (t) => {
    const { catalogue } = asking(() => {
      throw problem({ state: "executing" });
    });
    const daemon = await daemonFor(t, { catalogue });
    const { answer } = await callModern(daemon.url, "ada", 1, "tools/call", params, elicitation({ url: {} }));
    assert.equal(answer.result.isError, true);
    assert.equal(answer.result.content.length, 1);
  });

  test("is every 2025 client, which can read it although the tool has an output schema", async (t) => {
    const document = problem().toDocument();
    const { catalogue, decided } = asking(() => ({
      ...text("approval_required: This call waits for approval."),
      isError: true,
      _meta: { "knot/problem": document },
    }));
    const daemon = await daemonFor(t, { catalogue });
    const client = await connectFirst(daemon.url, "ada");
    await client.listTools();
    const result = await client.callTool(params);
    assert.equal(result.isError, true);
    assert.match(JSON.stringify(result.content), pending);
    decided.add("approval-1");
    assert.deepEqual((await client.callTool(params)).structuredContent, { gone: true });
    await client.close();
  });
});

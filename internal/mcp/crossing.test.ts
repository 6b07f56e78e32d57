import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { FakeCatalogue, fakeTool, text } from "./fixtures/catalogue.ts";
import { beginSession, callModern, messagesOf, post } from "./fixtures/clients.ts";
import { daemonFor } from "./fixtures/daemon.ts";

const calls = 1000;
const atOnce = 20;

/** Says who called with what, after a wait that mixes up the order. */
const echo = fakeTool({
  name: "echo",
  native: true,
  run: async ({ n }, call) => {
    for (let turns = Number(n) % 7; turns > 0; turns -= 1) await turn();
    call.report({ message: `${call.principal.username} ${n}` });
    return text(`${call.principal.username} ${n}`);
  },
});

/** Calls 1000 times for each of two users, with the same ids at the same time, and returns what came back wrong. */
async function crossed(call: (user: string, n: number) => Promise<string>): Promise<string[]> {
  const wrong: string[] = [];
  for (let from = 0; from < calls; from += atOnce) {
    const numbers = Array.from({ length: atOnce }, (_, index) => from + index);
    await Promise.all(
      numbers.flatMap((n) =>
        ["ada", "bob"].map(async (user) => {
          const answer = await call(user, n);
          if (answer !== `${user} ${n}`) wrong.push(`${user} ${n} got ${answer}`);
        }),
      ),
    );
  }
  return wrong;
}

describe("two users with equal ids (CVE-2026-25536)", () => {
  test("get their own answers, 2026-07-28", async (t) => {
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([echo]) });
    const wrong = await crossed(async (user, n) => {
      const { answer } = await callModern(daemon.url, user, n % 5, "tools/call", { name: "echo", arguments: { n } });
      return answer.id === n % 5 ? answer.result.content[0].text : `id ${answer.id}`;
    });
    assert.deepEqual(wrong, []);
  });

  test("get their own answers and progress, 2025-11-25", async (t) => {
    const daemon = await daemonFor(t, { catalogue: new FakeCatalogue([echo]) });
    const sessions = { ada: await beginSession(daemon.url, "ada"), bob: await beginSession(daemon.url, "bob") };
    const wrong = await crossed(async (user, n) => {
      const params = { name: "echo", arguments: { n }, _meta: { progressToken: n } };
      const headers = sessions[user as "ada" | "bob"];
      const response = await post(
        daemon.url,
        { jsonrpc: "2.0", id: n, method: "tools/call", params },
        { token: user, headers },
      );
      const [progress, answer] = messagesOf(await response.text());
      const isOwn =
        progress.params.message === `${user} ${n}` && progress.params.progressToken === n && answer.id === n;
      return isOwn ? answer.result.content[0].text : JSON.stringify([progress, answer]);
    });
    assert.deepEqual(wrong, []);
  });
});

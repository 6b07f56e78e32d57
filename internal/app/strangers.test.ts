import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { connectModern } from "../mcp/fixtures/clients.ts";
import { pathFields } from "../operation/card.ts";
import type { AnyOperation } from "../operation/operation.ts";
import { jsonSchemaOf } from "../operation/schema.ts";
import { type House, type Inhabitant, startHouse } from "../testkit/house.ts";
import { needs } from "../testkit/needs.ts";
import { sampleOf } from "../testkit/sample.ts";
import { operations } from "./operations.ts";

type Input = Readonly<Record<string, unknown>>;

const nouns = { space: "space", token: "token", session: "session", approval: "approval", policy: "policy" } as const;
type Noun = keyof typeof nouns;

const all: readonly AnyOperation[] = operations;
const nounOf = (op: AnyOperation) => pathFields(op.path).find((field): field is Noun => field in nouns);
const aboutOneThing = all.filter((op) => nounOf(op) !== undefined);

/** What is required beside the thing itself, and a yes to everything: a stranger's call must fail for one reason only. */
function inputOf(op: AnyOperation, id: string): Input {
  const schema = jsonSchemaOf(op.input, "input");
  const sample = sampleOf(schema) as Record<string, unknown>;
  const required = (schema["required"] ?? []) as string[];
  const confirm = "confirm" in sample ? { confirm: true } : {};
  const fitting: Input = { run_command: { command: "true" }, move_file: { to: "/elsewhere" } }[op.name] ?? {};
  const kept = Object.fromEntries(required.map((field) => [field, sample[field]]));
  return { ...kept, ...confirm, ...fitting, [nounOf(op) as Noun]: id };
}

describe("somebody else's thing", needs("process"), () => {
  let house: House;
  let bob: Inhabitant;
  let owned: Record<Noun, string>;
  before(async () => {
    house = await startHouse({ flags: ["--server-docker-enabled=never", "--server-podman-enabled=never"] });
    const ann = await house.add("ann", "member");
    owned = await thingsOf(ann, house);
    bob = await house.add("bob", "member");
  });
  after(() => house?.[Symbol.asyncDispose]());

  test("is what some operation takes, of every kind", () => {
    assert.deepEqual([...new Set(aboutOneThing.map(nounOf))].sort(), Object.keys(nouns).sort());
  });

  for (const op of aboutOneThing) {
    const noun = nounOf(op) as Noun;

    test(`is not there for a stranger, in the words of what is not there: ${op.name}`, async () => {
      const missing = randomUUID();
      const answerTo = async (id: string) => {
        const { status, body } = await bob.browser.call(op.name, inputOf(op, id));
        const { instance, ...rest } = body;
        assert.ok(typeof instance === "string");
        return { status, text: JSON.stringify(rest).replaceAll(id, "ID") };
      };
      const theirs = await answerTo(owned[noun]);
      assert.equal(theirs.status, 404, theirs.text);
      assert.deepEqual(theirs, await answerTo(missing));
      if (noun !== "space") return;
      const byName = await answerTo("ann/dev");
      assert.equal(byName.status, 404);
      assert.deepEqual(byName, await answerTo("ann/no-such"));
      assert.equal((await answerTo("nobody-at-all/dev")).status, 404);
    });

    if (op.tool === null) continue;
    test(`is not there for a stranger's model either: ${op.name}`, async () => {
      const { secret } = await bob.token(op.name);
      const client = await connectModern(house.mcpUrl, secret);
      const textOf = async (id: string) => {
        const execute = { name: "execute_tool", arguments: { name: op.name, arguments: inputOf(op, id) } };
        const { isError, structuredContent } = await client.callTool(execute);
        assert.equal(isError, true);
        const { instance: _, ...problem } = structuredContent as Record<string, unknown>;
        return JSON.stringify(problem).replaceAll(id, "ID");
      };
      const theirs = await textOf(owned[noun]);
      assert.match(theirs, /"code":"not_found"/);
      assert.equal(theirs, await textOf(randomUUID()));
      await client.close();
    });
  }

  test("is in no list and no event of a stranger", async () => {
    const lists = ["list_spaces", "list_tokens", "list_sessions", "list_approvals", "list_approval_policies"];
    for (const name of [...lists, "list_events"]) {
      const text = JSON.stringify(await bob.browser.ok(name, name === "list_events" ? { after: 0 } : {}));
      for (const id of Object.values(owned)) assert.ok(!text.includes(id), `${name}: ${text}`);
    }
    assert.equal((await bob.browser.ok("list_spaces", { owner: "ann" })).total, 0);
    assert.equal((await bob.browser.ok("list_spaces", { owner: "*" })).total, 0);
  });

  test("is as it was after all of that", async () => {
    const { browser } = house.admin;
    assert.equal((await browser.ok("get_space", { space: owned.space })).space.state, "stopped");
    assert.equal((await browser.ok("get_approval", { approval: owned.approval })).approval.state, "pending");
    const { tokens } = await browser.ok("list_tokens", { user: "ann" });
    assert.ok(tokens.some(({ id }: { id: string }) => id === owned.token));
  });
});

/** One of each kind. */
async function thingsOf(ann: Inhabitant, { with: withToken }: House): Promise<Record<Noun, string>> {
  const { browser } = ann;
  const { space } = await browser.ok("create_space", { template: "sandbox", name: "dev", start: false });
  const { id, secret } = await ann.token("client");
  const rule = { subject: "token", subject_id: id, tool: "delete_space", mode: "ask" };
  const { policy } = await browser.ok("set_approval_policy", rule);
  const asked = await withToken(secret).call("delete_space", { space: "dev", confirm: true });
  const { sessions } = await browser.ok("list_sessions");
  return {
    space: space.id,
    token: id,
    session: sessions[0].id,
    approval: asked.body.approval.id,
    policy: policy.id,
  };
}

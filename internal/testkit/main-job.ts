import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Client } from "@modelcontextprotocol/client";
import { connectFirst, connectModern } from "../mcp/fixtures/clients.ts";
import { type House, startHouse } from "./house.ts";
import { inspect } from "./inspector.ts";
import type { Place } from "./places.ts";

type Input = Readonly<Record<string, unknown>>;
// biome-ignore lint/suspicious/noExplicitAny: an answer is what a test looks at
type Use = (tool: string, input: Input, words: string) => Promise<any>;
type Connected = Pick<Client, "listTools" | "callTool" | "close">;

const clients: Readonly<Record<string, (url: string, token: string) => Promise<Connected>>> = {
  "the SDK's second line": connectModern,
  "the SDK's first line": async (url, token) => (await connectFirst(url, token)) as unknown as Connected,
};

/** The sentence knot is built for, from its configuration file to the audit log, with every client and in both modes. */
export function mainJobTest(place: Place): void {
  describe("a daemon with a knot.toml and an AI client with a token", { skip: place.skip }, () => {
    let house: House;
    before(async () => {
      house = await startHouse({ config: place.config });
      if (place.spec !== undefined) await createTemplate(house, place.template, place.spec);
    });
    after(() => house?.[Symbol.asyncDispose]());

    for (const [at, [client, connect]] of Object.entries(clients).entries()) {
      test(`works in a space with what tool_search finds: ${client}`, async () => {
        await withClient(house, "", connect, async (connected, audited) => {
          const { tools } = await connected.listTools();
          assert.deepEqual(
            tools.slice(0, 2).map(({ name }) => name),
            ["tool_search", "execute_tool"],
          );
          await doMainJob(searching(connected), place, `found-${at}`);
          await audited();
        });
      });

      test(`works in a space with every tool in the list: ${client}`, async () => {
        await withClient(house, "?mode=native", connect, async (connected, audited) => {
          const names = (await connected.listTools()).tools.map(({ name }) => name);
          assert.ok(!names.includes("tool_search"));
          assert.ok(names.includes("list_audit_entries"));
          await doMainJob(
            async (name, input) => contentOf(await connected.callTool({ name, arguments: input })),
            place,
            `native-${at}`,
          );
          await audited();
        });
      });
    }

    test("works in a space from the Inspector's command line", async () => {
      const { secret } = await house.admin.token("inspector");
      const ask = async (...args: string[]) => (await inspect(house.mcpUrl, secret, ...args)).answer as Promise<Input>;
      const call = async (name: string, ...args: string[]) =>
        contentOf(
          await ask("--method", "tools/call", "--tool-name", name, ...args.flatMap((arg) => ["--tool-arg", arg])),
        );
      const { tools } = (await ask("--method", "tools/list")) as { tools: { name: string }[] };
      assert.ok(tools.some(({ name }) => name === "run_command"));
      const { space } = await call("create_space", `template=${place.template}`, "name=inspected");
      assert.equal(space.state, "running");
      const ran = await call("run_command", "space=inspected", "command=echo seen; exit 4");
      assert.deepEqual([ran.exit_code, ran.stdout], [4, "seen\n"]);
    });
  });
}

async function createTemplate({ admin, mcpUrl }: House, name: string, spec: string): Promise<void> {
  const client = await connectModern(mcpUrl, (await admin.token("author")).secret);
  const created = await searching(client)("create_template", { name, spec }, "define a new template from YAML");
  assert.equal(created.template.name, name);
  await client.close();
}

/** Finds each tool by what it does, then runs it by the name that was found. */
const searching =
  (client: Connected): Use =>
  async (tool, input, words) => {
    const found = contentOf(await client.callTool({ name: "tool_search", arguments: { query: words } }));
    const names = found.tools.map(({ name }: { name: string }) => name);
    assert.ok(names.includes(tool), `"${words}" finds ${names}`);
    return contentOf(await client.callTool({ name: "execute_tool", arguments: { name: tool, arguments: input } }));
  };

// biome-ignore lint/suspicious/noExplicitAny: an answer is what a test looks at
function contentOf(result: object): any {
  const { isError, structuredContent, content } = result as Record<string, unknown>;
  assert.ok(isError !== true, JSON.stringify(content));
  return structuredContent;
}

async function doMainJob(use: Use, { template, isolation }: Place, name: string): Promise<void> {
  const { templates } = await use("list_templates", {}, "which templates are there");
  assert.ok(templates.some((one: { name: string }) => one.name === template));
  const { space } = await use("create_space", { template, name }, "create an environment from a template");
  assert.deepEqual([space.state, space.isolation], ["running", isolation]);

  const command = 'echo "to you"; echo "to the log" >&2; exit 7';
  const ran = await use("run_command", { space: name, command }, "run a shell command");
  assert.deepEqual([ran.exit_code, ran.stdout, ran.stderr], [7, "to you\n", "to the log\n"]);

  const content = "erste Zeile\nzweite Zeile: ü\n";
  const file = { space: name, path: "notes/day.txt" };
  await use("write_file", { ...file, content, make_parents: true }, "save a file");
  assert.equal((await use("read_file", file, "read a file")).content, content);
  const seen = await use("run_command", { space: name, command: "cat notes/day.txt" }, "run a shell command");
  assert.equal(seen.stdout, content);

  const stopped = await use("stop_space", { space: name }, "stop a space");
  assert.equal(stopped.space.state, "stopped");
  const deleted = await use("delete_space", { space: name, confirm: true }, "delete a space");
  assert.deepEqual(deleted, { deleted: true, space: null });
}

const job = [
  "list_templates",
  "create_space",
  "run_command",
  "write_file",
  "read_file",
  "run_command",
  "stop_space",
  "delete_space",
];

/** Connects with a token of its own; `audited` checks that the audit log has the whole job under that token. */
async function withClient(
  { admin, mcpUrl }: House,
  query: string,
  connect: (url: string, token: string) => Promise<Connected>,
  work: (client: Connected, audited: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const name = `token ${Math.random()}`;
  const { id, secret } = await admin.token(name);
  const client = await connect(`${mcpUrl}${query}`, secret);
  const audited = async () => {
    const { entries } = await admin.browser.ok("list_audit_entries", { door: "mcp", limit: 1000 });
    const own = entries.filter((entry: Input) => entry["credential_id"] === id && entry["operation"] !== "tool_search");
    assert.deepEqual(own.map((entry: Input) => entry["operation"]).reverse(), job);
    for (const { outcome, username, client: program } of own) {
      assert.deepEqual([outcome, username], ["ok", "admin"]);
      assert.match(program, /^test-client 1\.2\.3/);
    }
  };
  await work(client, audited).finally(() => client.close());
}

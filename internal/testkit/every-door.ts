import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { commandsOf } from "../cli/cli.ts";
import { complete } from "../cli/completion.ts";
import { isSecret } from "../cli/from-operation.ts";
import { commandHelp } from "../cli/help.ts";
import { requestOf } from "../client/routes.ts";
import { cardOf, pathFields } from "../operation/card.ts";
import { type AnyOperation, methodOf } from "../operation/operation.ts";
import { createRegistry } from "../operation/registry.ts";
import { type JsonSchema, jsonSchemaOf, resolved } from "../operation/schema.ts";
import { branchesOf } from "../operation/strict.ts";
import { problems } from "../problem/problem.ts";
import { referenceFiles } from "../reference/reference.ts";
import { createOperationSource } from "../tool/operation-source.ts";
import { sampleOf } from "./sample.ts";
import { waistOf } from "./waist.ts";

type Headers = Readonly<Record<string, string>>;

type Request = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Headers;
  readonly payload?: string;
};

/** The REST door of a program under test, and who can knock. */
export type Doors = {
  readonly inject: (request: Request) => Promise<{ readonly statusCode: number; readonly body: string }>;
  /** Headers of someone who may do everything. */
  readonly everything: Headers;
  /** Headers of someone who is signed in and has no permission at all. */
  readonly nothing: Headers;
  /** Headers of a token of someone who may do everything, with the scope `read` alone. */
  readonly reading: Headers;
  /** Headers of a token of someone who may do everything, with the scope `mcp` alone. */
  readonly mcpOnly: Headers;
  /** What was audited so far. */
  readonly audited: () => Promise<readonly { readonly operation: string; readonly outcome: string }[]>;
  readonly close: () => Promise<void>;
};

export type EveryDoorOptions = {
  readonly open: () => Promise<Doors>;
  /** Inputs for operations whose schema a generated sample does not fit. */
  readonly samples?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const secret = "S3cret-marker-value-9";

/** Tests of what every operation owes to every door, for the whole list at once. */
export function everyDoorTest(operations: readonly AnyOperation[], options: EveryDoorOptions): void {
  const sample = (op: AnyOperation) =>
    (options.samples?.[op.name] ?? sampleOf(jsonSchemaOf(op.input, "input"), { isSecret, secret })) as Record<
      string,
      unknown
    >;
  describe("the list of operations", () => listTests(operations));
  for (const op of operations) describe(op.name, () => recordTests(op, sample));
  describe("every operation's place", () => derivedTests(operations));
  describe("every operation's route", () => routeTests(operations, options.open, sample));
}

function listTests(operations: readonly AnyOperation[]): void {
  const unique = (what: string, of: readonly string[]) =>
    test(`has no ${what} twice`, () =>
      assert.deepEqual(
        of.filter((name, at) => of.indexOf(name) !== at),
        [],
      ));
  unique(
    "name",
    operations.map(({ name }) => name),
  );
  unique(
    "method and path",
    operations.map((op) => `${methodOf(op)} ${op.path.replaceAll(/\{[^}]+\}/g, "{}")}`),
  );
  unique(
    "command",
    operations.flatMap(({ command }) => (command === null ? [] : [command.words.join(" ")])),
  );
}

function recordTests(op: AnyOperation, sample: (op: AnyOperation) => Record<string, unknown>): void {
  const input = jsonSchemaOf(op.input, "input");
  const output = jsonSchemaOf(op.output, "output");
  const fields = (input["properties"] ?? {}) as Record<string, JsonSchema>;

  test("is named verb_noun, and described for people", () => {
    assert.match(op.name, /^[a-z]+(_[a-z]+)*$/);
    assert.match(op.title, /^[A-Z].*[^.]$/);
    assert.match(op.description, /^[A-Z].*\.$/s);
  });

  test("describes every field that goes in and comes out", () => {
    for (const [io, schema] of [
      ["input", input],
      ["output", output],
    ] as const)
      assert.deepEqual(undescribed(schema, schema, io), []);
  });

  test("has schemas whose references resolve", () => {
    for (const schema of [input, output]) {
      for (const ref of refsOf(schema)) assert.notDeepEqual(resolved({ $ref: ref }, schema), {}, ref);
    }
  });

  test("takes its path and its arguments from the input", () => {
    const required = (input["required"] ?? []) as string[];
    for (const field of pathFields(op.path)) assert.ok(required.includes(field), `{${field}} is not a required input`);
    for (const field of op.command?.args ?? []) assert.ok(Object.hasOwn(fields, field), `<${field}> is no input`);
  });

  if (op.name.startsWith("list_")) {
    test("says how many there are in all and how many are here, and how to get the rest", () => {
      const told = Object.keys((output["properties"] ?? {}) as object);
      assert.ok(told.includes("total") && told.includes("returned"), told.join());
      if (!Object.hasOwn(fields, "limit")) return;
      const [from, next] = Object.hasOwn(fields, "cursor") ? ["cursor", "next_cursor"] : ["after", "last_seq"];
      assert.ok(Object.hasOwn(fields, from) && told.includes(next), `${from}, ${next}`);
    });
  }

  test("declares only problems that exist", () => {
    assert.deepEqual(
      op.problems.filter((code) => problems[code] === undefined),
      [],
    );
  });

  test("changes nothing over GET, and asks before it destroys", () => {
    if (methodOf(op) === "GET") assert.equal(op.effect, "read");
    if (op.effect === "destroy") assert.ok(Object.hasOwn(fields, "confirm"), "needs the input confirm");
  });

  test("says in one line, without a secret, what it would do", () => {
    const label = op.label(op.input.parse(sample(op)));
    assert.match(label, /^[^\n\r]{3,300}$/);
    assert.ok(!label.includes(secret), label);
  });
}

function derivedTests(operations: readonly AnyOperation[]): void {
  const program = { operations, version: "0.0.0" };
  const pages = new Map(referenceFiles(program).map(({ path, text }) => [path.split("/").at(-1), text()]));
  const { paths } = JSON.parse(pages.get("openapi.json") as string);
  const commands = commandsOf(program);
  const source = createOperationSource(createRegistry(operations, {} as never, waistOf().waist));

  for (const op of operations) {
    test(`is in OpenAPI and the reference: ${op.name}`, () => {
      const card = cardOf(op);
      assert.equal(paths[card.path]?.[card.method.toLowerCase()]?.operationId, op.name);
      assert.match(pages.get("operations.md") as string, new RegExp(`^### ${op.name}$`, "m"));
    });

    test(`is a command and a tool where it says so: ${op.name}`, () => {
      const command = commands.find(({ words }) => words === op.command?.words);
      assert.equal(command !== undefined, op.command !== null);
      if (command !== undefined) {
        assert.ok(commandHelp(command, commands).includes(op.description));
        assert.ok(
          complete([...command.words.slice(0, -1), ""], commands)
            .candidates.map(({ word }) => word)
            .includes(command.words.at(-1) as string),
        );
      }
      assert.equal(source.find(op.name) !== undefined, op.tool !== null);
      assert.equal((pages.get("tools.md") as string).includes(`[\`${op.name}\`]`), op.tool !== null);
    });
  }
}

function routeTests(
  operations: readonly AnyOperation[],
  open: () => Promise<Doors>,
  sample: (op: AnyOperation) => Record<string, unknown>,
): void {
  let doors: Doors;
  before(async () => {
    doors = await open();
  });
  after(() => doors.close());
  const send = (op: AnyOperation, headers: Headers, input: Record<string, unknown>) => {
    const card = cardOf(op);
    const { url, body } = requestOf(card, input);
    const typed = body === undefined ? headers : { ...headers, "content-type": "application/json" };
    return doors.inject({ method: card.method, url, headers: typed, ...(body === undefined ? {} : { payload: body }) });
  };

  const denials = async (op: AnyOperation) =>
    (await doors.audited()).filter(({ operation, outcome }) => operation === op.name && outcome === "denied");

  for (const op of operations) {
    test(`lets nobody in without a credential: ${op.name}`, async () => {
      assert.equal((await send(op, {}, sample(op))).statusCode, 401);
    });

    test(`holds to the scopes of a token: ${op.name}`, async () => {
      const reading = (await send(op, doors.reading, sample(op))).statusCode;
      assert.equal(reading === 401 || reading === 403, op.effect !== "read", `${reading}`);
      assert.equal((await send(op, doors.mcpOnly, sample(op))).statusCode, 403);
    });

    test(`refuses a field it does not know: ${op.name}`, async () => {
      const { statusCode, body } = await send(op, doors.everything, { ...sample(op), no_such_field: "x" });
      assert.equal(statusCode, 422, body);
      assert.match(body, /"\/no_such_field"/);
    });

    if (op.permission === null) continue;
    test(`refuses who lacks its permission, and audits that: ${op.name}`, async () => {
      const before = (await denials(op)).length;
      assert.equal((await send(op, doors.nothing, sample(op))).statusCode, 403);
      assert.equal((await denials(op)).length, before + 1);
    });
  }
}

/** The fields without a description, by name; what is shared counts where it is defined. */
function undescribed(
  schema: JsonSchema,
  root: JsonSchema,
  path: string,
  seen: readonly unknown[] = [],
): readonly string[] {
  const real = resolved(schema, root);
  if (seen.includes(real)) return [];
  const above = [...seen, real];
  const properties = Object.entries((real["properties"] ?? {}) as Record<string, JsonSchema>);
  const inner = [
    ...((real["anyOf"] ?? real["oneOf"] ?? []) as JsonSchema[]),
    ...[real["items"] ?? []].flat(),
  ] as JsonSchema[];
  return [
    ...inner.flatMap((one) => undescribed(one, root, path, above)),
    ...properties.flatMap(([name, field]) => {
      // a shared object is described by its name
      const isTold =
        [field, ...branchesOf(field, root)].some((one) => one["description"] !== undefined) || isShared(field);
      return [...(isTold ? [] : [`${path}.${name}`]), ...undescribed(field, root, `${path}.${name}`, above)];
    }),
  ];
}

const isShared = (field: JsonSchema): boolean => refsOf(field).length > 0;

function refsOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === "$ref" ? [item as string] : refsOf(item)));
}

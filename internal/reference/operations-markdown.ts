import { type Card, cardOf } from "../operation/card.ts";
import type { AnyOperation } from "../operation/operation.ts";
import { type JsonSchema, jsonSchemaOf } from "../operation/schema.ts";
import { commandText } from "./cli-markdown.ts";
import { fieldRows } from "./fields.ts";
import { code, links, page, table } from "./markdown.ts";

const intro = `Everything knot can do. Each operation is the same over REST, as a command, and as a tool of \`/mcp\`. Every call can also answer
\`invalid_input\`, \`unauthenticated\`, \`forbidden\`, \`approval_required\`, \`declined\`, \`cancelled\` and \`internal\`; see [problems](problems.md).
Unknown fields are refused.`;

/** docs/reference/operations.md: a table of all operations, then each with its input and output. */
export function operationsMarkdown(operations: readonly AnyOperation[]): string {
  const groups = Map.groupBy(operations, ({ path }) => path.split("/")[1] as string);
  const overview = table(
    ["Operation", "What it does", "REST", "Effect"],
    operations.map((op) => {
      const card = cardOf(op);
      return [
        `[${code(op.name)}](#${op.name})`,
        firstSentence(op.description),
        code(`${card.method} ${card.path}`),
        op.effect,
      ];
    }),
  );
  const parts = [...groups].flatMap(([group, members]) => [`## ${group}`, ...members.map(operationText)]);
  return page("Operations", intro, [overview, ...parts, "## Shared objects", ...sharedObjects(operations)]);
}

function operationText(op: AnyOperation): string {
  const card = cardOf(op);
  const facts = table(["", ""], factsOf(op, card));
  const input = table(["Input", "Type", "Meaning"], fieldRows(card.input_schema, "input"));
  const output = table(["Output", "Type", "Meaning"], fieldRows(card.output_schema, "output"));
  return [`### ${op.name}`, op.description, facts, input, output].filter((part) => part !== "").join("\n\n");
}

function factsOf(op: AnyOperation, { method, path }: Card): readonly (readonly string[])[] {
  return [
    ["REST", code(`${method} ${path}`)],
    ["Command", op.command === null ? "none" : code(commandText(op.command))],
    ["Tool", op.tool === null ? "none" : op.tool.visibility],
    [
      "Permission",
      op.permission === null ? "none: everyone who is signed in" : links([op.permission], "permissions.md"),
    ],
    ["Effect", `${op.effect}${op.idempotent ? ", idempotent" : ""}${op.creates ? ", takes an idempotency key" : ""}`],
    ["Asks for approval", (op.approval ?? op.effect !== "read") ? "where the policy asks" : "never"],
    ["Problems", op.problems.length === 0 ? "only the common ones" : links(op.problems, "problems.md")],
  ];
}

function sharedObjects(operations: readonly AnyOperation[]): readonly string[] {
  const found = new Map<string, readonly [JsonSchema, JsonSchema]>();
  for (const op of operations) {
    for (const document of [jsonSchemaOf(op.output, "output"), jsonSchemaOf(op.input, "input")]) {
      for (const [id, schema] of Object.entries((document["$defs"] ?? {}) as Record<string, JsonSchema>)) {
        if (!found.has(id)) found.set(id, [schema, document]);
      }
    }
  }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, [schema, document]]) => {
      const rows = fieldRows(schema, "output", document);
      return rows.length === 0 ? [] : [`### ${id}\n\n${table(["Field", "Type", "Meaning"], rows)}`];
    });
}

const firstSentence = (text: string): string => /^.*?[.](?=\s|$)/s.exec(text)?.[0] ?? text;

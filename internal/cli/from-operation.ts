import { fieldSchema, typesOf } from "../operation/coerce.ts";
import type { AnyOperation } from "../operation/operation.ts";
import { type JsonSchema, jsonSchemaOf } from "../operation/schema.ts";
import { branchesOf } from "../operation/strict.ts";
import type { Argument, Command, Flag } from "./command.ts";
import { runOperation } from "./run-operation.ts";

/** The command of an operation: arguments and flags from its input schema, help from its descriptions. */
export function commandOf(op: AnyOperation): Command | null {
  if (op.command === null) return null;
  const { words, args } = op.command;
  const schema = jsonSchemaOf(op.input, "input");
  const required = new Set((schema["required"] ?? []) as string[]);
  const fields = Object.keys((schema["properties"] ?? {}) as object);
  return {
    words,
    title: op.title,
    description: op.description,
    args: args.map((name, at) => argumentOf(name, schema, required.has(name), at === args.length - 1)),
    flags: fields.flatMap((name) => {
      const flags = flagsOf([name], schema, schema, required);
      if (!args.includes(name)) return flags;
      // a long text may be given by position as well, else it has to come from a file
      return flags.filter(({ kind }) => kind === "file").map((one) => ({ ...one, required: required.has(name) }));
    }),
    run: (invocation) => runOperation(op, invocation),
  };
}

function argumentOf(name: string, root: JsonSchema, required: boolean, isLast: boolean): Argument {
  const schema = fieldSchema(root, name) ?? {};
  const takesRest = isLast && typesOf(schema, root).has("array");
  const isRequired = required && !longTexts.has(name);
  return {
    name,
    description: describe(schema, root),
    required: isRequired,
    takesRest,
    choices: choicesOf(schema, root),
    schema,
  };
}

/** One flag, or for a closed object one for each of its fields as well: --quota and --quota-max-spaces. */
function flagsOf(path: readonly string[], object: JsonSchema, root: JsonSchema, required: ReadonlySet<string>): Flag[] {
  const field = path.at(-1) as string;
  const schema = fieldSchema(object, field, root) ?? {};
  const own: Flag = {
    name: path.join("-").replaceAll("_", "-"),
    path,
    description: describe(schema, root) + (field === "stdin" ? "; what is piped in is passed on" : ""),
    ...shapeOf(schema, root),
    required: path.length === 1 && required.has(field),
    choices: choicesOf(schema, root),
    schema,
    ...(schema["default"] === undefined ? {} : { fallback: schema["default"] }),
  };
  if (isSecret(field, schema)) return [{ ...own, name: `${own.name}-stdin`, kind: "stdin" }];
  const closed = branchesOf(schema, root).find((branch) => branch["properties"] !== undefined);
  const inner = path.length > 1 || closed === undefined ? [] : Object.keys(closed["properties"] as object);
  const fromFile = longTexts.has(field) ? [fileFlag(own)] : [];
  return [own, ...fromFile, ...inner.flatMap((name) => flagsOf([...path, name], closed ?? {}, root, new Set()))];
}

const fileFlag = (own: Flag): Flag => ({
  ...own,
  name: `${own.name}-file`,
  kind: "file",
  placeholder: "FILE",
  description: `${own.description}, from a file; - is standard input`,
  required: false,
});

/** Fields that hold whole documents, which people keep in files. */
const longTexts = new Set(["content", "spec", "stdin"]);

function shapeOf(schema: JsonSchema, root: JsonSchema): Pick<Flag, "kind" | "placeholder"> {
  const types = typesOf(schema, root);
  if (types.has("array")) return { kind: "list", placeholder: itemExample(schema, root) === "" ? "VALUE" : "JSON" };
  if (types.has("string")) return { kind: "text", placeholder: "TEXT" };
  if (types.has("number")) return { kind: "text", placeholder: "NUMBER" };
  if (types.has("boolean")) return { kind: "switch", placeholder: "" };
  const isOpen = branchesOf(schema, root).some((branch) => typeof branch["additionalProperties"] === "object");
  return isOpen ? { kind: "map", placeholder: "KEY=VALUE" } : { kind: "text", placeholder: "JSON" };
}

function describe(schema: JsonSchema, root: JsonSchema): string {
  const text = String(schema["description"] ?? branchesOf(schema, root)[0]?.["description"] ?? "");
  const example = itemExample(schema, root);
  return (example === "" ? text : `${text}; each is JSON such as ${example}`).replaceAll("\n", " ");
}

/** An object of a list by its fields, as {"search": text, "expected_count": number}; empty where the items are no objects. */
function itemExample(schema: JsonSchema, root: JsonSchema): string {
  const list = branchesOf(schema, root).find((branch) => branch["type"] === "array");
  const items = list === undefined ? [] : branchesOf((list["items"] ?? {}) as JsonSchema, root);
  const closed = items.find((item) => item["properties"] !== undefined);
  if (closed === undefined) return "";
  const fields = Object.entries(closed["properties"] as Record<string, JsonSchema>);
  const typeOf = (field: JsonSchema) =>
    [...typesOf(field, root)].join(" or ").replaceAll("string", "text") || "anything";
  return `{${fields.map(([name, field]) => `"${name}": ${typeOf(field)}`).join(", ")}}`;
}

function choicesOf(schema: JsonSchema, root: JsonSchema): readonly string[] {
  const branches = branchesOf(schema, root).flatMap((branch) =>
    branch["type"] === "array" ? branchesOf((branch["items"] ?? {}) as JsonSchema, root) : [branch],
  );
  return branches
    .flatMap((branch) => (branch["enum"] ?? []) as unknown[])
    .filter((choice) => typeof choice === "string");
}

/** Whether a field must not be typed on the command line: others see the arguments of a process, and the shell keeps them. */
export const isSecret = (field: string, schema: JsonSchema): boolean =>
  schema["secret"] === true ||
  schema["writeOnly"] === true ||
  /(^|_)(password|secret|passphrase|private_key)$/.test(field);

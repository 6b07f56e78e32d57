import { z } from "zod";
import { ConfigSchema } from "./schema.ts";

/** One setting: its TOML key with the environment variable and the flag that are derived from it. */
export type Option = {
  /** Path in the file, such as ["server", "listen"]. */
  readonly path: readonly string[];
  /** Dotted key: server.listen. */
  readonly key: string;
  /** KNOT_SERVER_LISTEN. */
  readonly env: string;
  /** server-listen, without the dashes in front. */
  readonly flag: string;
  /** `tables` and `map` can only be said in the file. */
  readonly type: "string" | "number" | "boolean" | "list" | "tables" | "map";
  readonly description: string;
  readonly default: unknown;
  readonly choices: readonly string[] | null;
  readonly secret: boolean;
  /** Of `tables`: the keys of one table. */
  readonly fields: readonly Option[];
};

type Schema = {
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly secret?: boolean;
};

const walk = (schema: Schema, path: readonly string[]): Option[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    property.properties === undefined ? [optionOf(property, [...path, name])] : walk(property, [...path, name]),
  );

function optionOf(schema: Schema, path: readonly string[]): Option {
  const tables = schema.type === "array" && schema.items?.properties !== undefined;
  return {
    path,
    key: path.join("."),
    env: `KNOT_${path.join("_").toUpperCase()}`,
    flag: path.join("-").replaceAll("_", "-"),
    type: tables ? "tables" : typeOf(schema),
    description: schema.description ?? "",
    default: schema.default,
    choices: schema.enum ?? null,
    secret: schema.secret === true,
    fields: tables ? walk(schema.items as Schema, []) : [],
  };
}

function typeOf(schema: Schema): Option["type"] {
  if (schema.type === "array") return "list";
  if (schema.type === "object") return "map";
  if (schema.type === "integer") return "number";
  return schema.type as Option["type"];
}

/** Every setting there is, in the order of the schema. */
export const options: readonly Option[] = walk(z.toJSONSchema(ConfigSchema, { io: "input" }) as Schema, []);

/** Reads the text of an environment variable or a flag as the option's type; undefined when it is none. */
export function readValue(option: Option, text: string): unknown {
  if (option.type === "number") return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  if (option.type === "boolean")
    return ({ true: true, "1": true, false: false, "0": false } as Record<string, boolean>)[text];
  if (option.type === "list")
    return text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  return text;
}

/** Whether it can be said in one text: in an environment variable or a flag. */
export const isOneText = ({ type }: Pick<Option, "type">): boolean => type !== "tables" && type !== "map";

import { type Option, options } from "./options.ts";

/** Set in the example although the default differs: what `make run` starts with. */
const shown: Readonly<Record<string, string>> = { "server.mcp.enabled": "true" };

/** The text of knot.toml.example: every option with its meaning, commented out at its default. */
export function exampleToml(): string {
  const lines = [
    "# knot.toml: the configuration of the knot daemon. Generated from internal/config/schema.ts by `make docs`.",
    "# Lines that are commented out show the default. Precedence: flag, environment, file, default.",
    "# `knot config check` looks for mistakes, `knot config show` prints every value and where it came from.",
    "",
  ];
  let table = "";
  for (const option of options) {
    const name = option.path.slice(0, -1).join(".");
    if (option.type === "tables") {
      lines.push("", ...tableLines(option));
      continue;
    }
    if (option.type === "map") {
      lines.push("", `# ${option.description}.`, `# [${option.key}]`, '# name = "value"');
      continue;
    }
    if (name !== table) {
      lines.push("", `[${name}]`);
      table = name;
    }
    lines.push(`# ${option.description}${choicesOf(option)}.`, keyLine(option));
  }
  return `${lines.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

const choicesOf = ({ choices }: Option): string => (choices === null ? "" : ` (${choices.join(", ")})`);

function keyLine(option: Option): string {
  const name = option.path.at(-1);
  const value = shown[option.key];
  return value === undefined ? `# ${name} = ${JSON.stringify(option.default ?? "")}` : `${name} = ${value}`;
}

function tableLines(option: Option): string[] {
  return [
    `# ${option.description}; one table for each.`,
    `# [[${option.key}]]`,
    ...option.fields.map(
      (field) =>
        `# ${`${field.key} = ${field.type === "map" ? "{}" : JSON.stringify(field.default ?? "")}`.padEnd(34)} # ${field.description}${choicesOf(field)}`,
    ),
  ];
}

/** The text of docs/reference/configuration.md. */
export function configurationMarkdown(): string {
  const row = ({ key, env, flag, type, description, default: value, choices, fields }: Option): string =>
    type === "tables"
      ? [
          `| \`[[${key}]]\` | only in the file | tables | | ${description} |`,
          ...fields.map(
            (field) =>
              `| \`${key}[].${field.key}\` | | ${field.type} | \`${JSON.stringify(field.default ?? "")}\` | ${field.description}${choicesOf(field)} |`,
          ),
        ].join("\n")
      : type === "map"
        ? `| \`[${key}]\` | only in the file | map | | ${description} |`
        : `| \`${key}\` | \`${env}\`, \`--${flag}\` | ${type} | \`${JSON.stringify(value ?? "")}\` | ${description}${choicesOf({ choices } as Option)} |`;
  return [
    "---",
    "shape: reference",
    "---",
    "",
    "# Configuration",
    "",
    "Every option of `knot.toml`, with the environment variable and the flag derived from its key. Precedence: flag, environment, file,",
    "default. The file is `--config`, else `KNOT_CONFIG`, else `knot.toml` here, else `/etc/knot/knot.toml`. An unknown key or an impossible",
    "value ends the start with exit code 78 and names file, line and key. Generated from `internal/config/schema.ts`.",
    "",
    "| Key | Environment, flag | Type | Default | Meaning |",
    "|---|---|---|---|---|",
    ...options.map(row),
    "",
  ].join("\n");
}

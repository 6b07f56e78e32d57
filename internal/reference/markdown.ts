/** The head of every generated page. */
export const page = (title: string, intro: string, parts: readonly string[]): string =>
  `${["---\nshape: reference\n---", `# ${title}`, intro, ...parts.filter((part) => part !== "")].join("\n\n")}\n`;

/** A table; cells are escaped so that a | of a description stays in its cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

export const code = (text: string): string => `\`${text}\``;

/** Names as a list of links to their headings on a page. */
export const links = (names: readonly string[], file: string): string =>
  names.map((name) => `[${code(name)}](${file}#${anchorOf(name)})`).join(", ");

/** The anchor that Markdown readers give a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(" ", "-")
    .replaceAll(/[^\w-]/g, "");

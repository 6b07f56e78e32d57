/**
 * The line (from 1) of every key of a TOML text, by its path: `server.listen`, `server.mcp.remote_servers.0.url`.
 * The parser has accepted the text already, so this only needs to tell keys from the insides of values.
 */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const tables = new Map<string, number>();
  let table: string[] = [];
  let open = "";
  for (const [index, line] of text.split("\n").entries()) {
    const place = index + 1;
    if (open !== "") {
      open = stillOpen(line, open);
      continue;
    }
    const header = /^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$/.exec(line);
    if (header !== null) {
      table = resolve(keysOf(header[2] as string), tables);
      if (header[1] === "[[") {
        const name = table.join(".");
        const next = (tables.get(name) ?? -1) + 1;
        tables.set(name, next);
        table = [...table, String(next)];
      }
      lines.set(table.join("."), place);
      continue;
    }
    const assignment =
      /^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$/.exec(line);
    if (assignment === null) continue;
    lines.set([...table, ...keysOf(assignment[1] as string)].join("."), place);
    open = stillOpen(assignment[2] as string, "");
  }
  return lines;
}

const keysOf = (dotted: string): string[] =>
  [...dotted.matchAll(/"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)/g)].map(
    (match) => match[1] ?? match[2] ?? (match[3] as string),
  );

/** A table below an array of tables belongs to its newest element. */
function resolve(keys: readonly string[], tables: ReadonlyMap<string, number>): string[] {
  const path: string[] = [];
  for (const [index, key] of keys.entries()) {
    path.push(key);
    const newest = tables.get(path.join("."));
    if (newest !== undefined && index < keys.length - 1) path.push(String(newest));
  }
  return path;
}

/** What a value that goes on in the next line is still inside of: `"""`, `'''`, or as many `[` as are open. */
function stillOpen(text: string, inside: string): string {
  let open = inside;
  for (const [token] of text.matchAll(/"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|\\.|#.*|[[\]]/g)) {
    if (open === '"""' || open === "'''") {
      if (token === open) open = "";
    } else if (token === '"""' || token === "'''") open = token;
    else if (token === "[") open += "[";
    else if (token === "]") open = open.slice(1);
  }
  return open;
}

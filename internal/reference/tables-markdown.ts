import type { AnyOperation } from "../operation/operation.ts";
import { permissions } from "../operation/permission.ts";
import { problems } from "../problem/problem.ts";
import { links, page, table } from "./markdown.ts";

/** docs/reference/problems.md: what can go wrong, with its numbers; each has an anchor that problem documents link to. */
export function problemsMarkdown(operations: readonly AnyOperation[]): string {
  const rows = Object.entries(problems).map(([name, { status, exit, title }]) => [
    links([name], ""),
    title,
    String(status),
    String(exit),
  ]);
  const parts = Object.entries(problems).map(([name, { status, exit, title }]) => {
    const from = operations.filter((op) => (op.problems as readonly string[]).includes(name)).map((op) => op.name);
    const declared = from.length === 0 ? "" : `\n\nDeclared by ${links(from, "operations.md")}.`;
    return `## ${name}\n\n${title}. HTTP status ${status}, exit code ${exit}.${declared}`;
  });
  const intro =
    "Every error is an RFC 9457 problem document: `type`, `title`, `status`, `code`, `detail`, `instance` (the id of the call) and, for bad\ninput, `errors` with a JSON pointer to each mistake. The CLI prints `detail` and exits with the exit code; over `/mcp` the document is\nthe `structuredContent` of a result with `isError`.";
  return page("Problems", intro, [table(["Code", "Meaning", "HTTP", "Exit"], rows), ...parts]);
}

/** docs/reference/permissions.md: what a role can allow, and which operations need it. */
export function permissionsMarkdown(operations: readonly AnyOperation[]): string {
  const parts = Object.entries(permissions).map(([name, meaning]) => {
    const needed = operations.filter((op) => op.permission === name).map((op) => op.name);
    const by = needed.length === 0 ? "" : `\n\nNeeded by ${links(needed, "operations.md")}.`;
    return `## ${name}\n\n${meaning}.${by}`;
  });
  const open = operations.filter((op) => op.permission === null).map((op) => op.name);
  const everyone = open.length === 0 ? "" : `Everyone who is signed in may call ${links(open, "operations.md")}.`;
  const rows = Object.entries(permissions).map(([name, meaning]) => [links([name], ""), meaning]);
  const intro = "A role holds permissions; a user has those of all roles held directly or through groups.";
  return page("Permissions", intro, [everyone, table(["Permission", "What it allows"], rows), ...parts]);
}

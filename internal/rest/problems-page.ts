import { problems } from "../problem/problem.ts";

/** The page that the `type` of every problem document links to: each row of the table of errors under its code. */
export function problemsPage(): string {
  const rows = Object.entries(problems).map(
    ([code, { status, exit, title }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${escaped(title)}</td><td>${status}</td><td>${exit}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>knot: problems</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  td, th { padding: .25rem 1rem .25rem 0; text-align: left }
  :target { background: Mark; color: MarkText }
</style>
<h1>Problems</h1>
<p>Every error is a document of RFC 9457. Its <code>code</code> is one of these, and its <code>detail</code> says what
failed, why, and what to do next.</p>
<table>
<thead><tr><th>Code</th><th>Meaning</th><th>HTTP status</th><th>Exit code of the CLI</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</html>
`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

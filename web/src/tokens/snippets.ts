import type { Scope } from "../../../internal/operation/principal.ts";

type Snippet = { readonly name: string; readonly where: string; readonly text: string };

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** What connects the clients a token is good for, ready to paste. A token that only reads opens both doors. */
export function snippetsFor(origin: string, secret: string, scopes: readonly Scope[]): readonly Snippet[] {
  const readsOnly = !scopes.includes("mcp") && !scopes.includes("api");
  return [
    ...(scopes.includes("mcp") || readsOnly ? mcpSnippets(`${origin}/mcp`, secret) : []),
    ...(scopes.includes("api") || readsOnly ? [commandLineSnippet(origin, secret)] : []),
  ];
}

const commandLineSnippet = (origin: string, secret: string): Snippet => ({
  name: "Command line",
  where: "Run this once; afterwards every knot command talks to this server.",
  text: `KNOT_TOKEN=${secret} knot connect ${origin}`,
});

function mcpSnippets(url: string, secret: string): readonly Snippet[] {
  const headers = { Authorization: `Bearer ${secret}` };
  return [
    {
      name: "Claude Code",
      where: "Run this in a terminal.",
      text: `claude mcp add --transport http knot ${url} \\\n  --header "Authorization: Bearer ${secret}"`,
    },
    {
      name: "Cursor",
      where: "Put this into ~/.cursor/mcp.json.",
      text: json({ mcpServers: { knot: { url, headers } } }),
    },
    {
      name: "VS Code",
      where: "Put this into .vscode/mcp.json; VS Code asks for the token once and keeps it.",
      text: json({
        inputs: [{ type: "promptString", id: "knot-token", description: "knot token", password: true }],
        servers: { knot: { type: "http", url, headers: { Authorization: `Bearer ${"$"}{input:knot-token}` } } },
      }),
    },
  ];
}

type Snippet = { readonly name: string; readonly where: string; readonly text: string };

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** What connects each client to this server's MCP endpoint, ready to paste. */
export function snippetsFor(origin: string, secret: string): readonly Snippet[] {
  const url = `${origin}/mcp`;
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
    {
      name: "knot connect",
      where: "For clients that start a program: it reads the token from the environment.",
      text: json({ mcpServers: { knot: { command: "knot", args: ["connect", url], env: { KNOT_TOKEN: secret } } } }),
    },
  ];
}

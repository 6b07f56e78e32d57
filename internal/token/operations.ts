import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { Token, TokenName, TokenRef, TokenScopes } from "./schema.ts";
import type { Tokens } from "./token.ts";

const keywords = ["api key", "credential", "access", "secret"];
const issued = z.object({
  token: Token,
  secret: z.string().describe("The token itself. It is shown this once; keep it safe"),
});

export const listTokens = operation({
  name: "list_tokens",
  title: "List tokens",
  description: "List your API tokens, without their secrets. With the permission to manage users, anybody's.",
  effect: "read",
  idempotent: true,
  permission: "tokens.use",
  input: z.strictObject({
    user: z.string().min(1).max(64).optional().describe("Name or id of another user whose tokens to list"),
    ...pageInput,
  }),
  output: z.object({ tokens: z.array(Token).describe("The tokens"), ...pageOutput }),
  problems: ["not_found"],
  path: "/tokens",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["token", "list"], args: [] },
  label: ({ user }) => (user === undefined ? "List one's own tokens" : `List the tokens of user "${user}"`),
  run: (call, input, { tokens }: { tokens: Pick<Tokens, "list"> }) => tokens.list(call, input),
});

export const createToken = operation({
  name: "create_token",
  title: "Create token",
  description:
    "Create an API token that acts as you, limited by its scopes. The secret is shown once. A token cannot create one that is wider than itself.",
  effect: "write",
  idempotent: false,
  creates: true,
  permission: "tokens.use",
  input: z.strictObject({
    name: TokenName,
    scopes: TokenScopes.optional().describe(
      "api: REST and CLI; mcp: the MCP endpoint; read: reading only. Without it api and mcp, as far as you have them",
    ),
    expires_in_days: z.number().int().min(1).max(365).optional().describe("Days until it expires; 90 if not given"),
    expires_at: z
      .number()
      .int()
      .optional()
      .describe("When it expires, instead of expires_in_days; at most a year ahead"),
    group: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe("Name or id of one of your groups: the token only works while you are in it"),
    user: z.string().min(1).max(64).optional().describe("For whom; only on the server's own command line"),
  }),
  output: issued,
  problems: ["not_found", "forbidden", "conflict"],
  path: "/tokens",
  tool: null,
  command: { words: ["token", "create"], args: ["name"] },
  label: ({ name, scopes }) =>
    `Create token "${name}"${scopes === undefined ? "" : ` with scopes ${scopes.join(", ")}`}`,
  run: (call, input, { tokens }: { tokens: Pick<Tokens, "create"> }) => tokens.create(call, input),
});

export const rotateToken = operation({
  name: "rotate_token",
  title: "Rotate token",
  description:
    "Replace the secret of one of your tokens: the old one stops working at once, the new one is shown once and lives as long as the first did.",
  effect: "write",
  idempotent: false,
  permission: "tokens.use",
  input: z.strictObject({ token: TokenRef }),
  output: issued,
  problems: ["not_found", "forbidden"],
  path: "/tokens/{token}/rotate",
  tool: null,
  command: { words: ["token", "rotate"], args: ["token"] },
  label: ({ token }) => `Replace the secret of token "${token}"`,
  run: (call, { token }, { tokens }: { tokens: Pick<Tokens, "rotate"> }) => tokens.rotate(call, token),
});

export const revokeToken = operation({
  name: "revoke_token",
  title: "Revoke token",
  description: "Revoke a token for good. It stops working at once, also on connections that are open.",
  effect: "write",
  idempotent: false,
  permission: "tokens.use",
  input: z.strictObject({
    token: z.string().min(1).max(64).describe("Name or id of the token; of another user's token its id"),
  }),
  output: z.object({}),
  problems: ["not_found"],
  path: "/tokens/{token}",
  method: "DELETE",
  tool: { visibility: "discoverable", keywords: [...keywords, "delete", "remove"] },
  command: { words: ["token", "revoke"], args: ["token"] },
  label: ({ token }) => `Revoke token "${token}"`,
  run: async (call, { token }, { tokens }: { tokens: Pick<Tokens, "revoke"> }) => {
    await tokens.revoke(call, token);
    return {};
  },
});

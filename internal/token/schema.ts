import { z } from "zod";
import { scopes } from "../operation/principal.ts";

export const TokenName = z.string().trim().min(1).max(64).describe("What the token is called; unique among yours");

export const TokenRef = z.string().min(1).max(64).describe("Name or id of the token");

export const TokenScopes = z.array(z.enum(scopes)).min(1).max(scopes.length);

export const Token = z
  .object({
    id: z.string().describe("Id of the token"),
    user_id: z.string().describe("Whose token it is"),
    name: z.string().describe("What the token is called"),
    scopes: TokenScopes.describe("api: REST and CLI; mcp: the MCP endpoint; read: reading only"),
    group_id: z
      .string()
      .nullable()
      .describe("The token only works while its owner is in this group; null for no such bond"),
    created_at: z.number().int().describe("When the token was created"),
    issued_at: z.number().int().describe("When its present secret was made"),
    expires_at: z.number().int().describe("When it stops working"),
    last_used_at: z.number().int().nullable().describe("When it was last used, to the minute; null if never"),
  })
  .meta({ id: "Token" });

export type Token = z.output<typeof Token>;

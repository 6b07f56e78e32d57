import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { Session } from "./schema.ts";
import type { Sessions } from "./sessions.ts";

const keywords = ["sign in", "login", "browser", "devices"];

export const listSessions = operation({
  name: "list_sessions",
  title: "List sessions",
  description: "List where you are signed in with a browser, the latest first.",
  effect: "read",
  idempotent: true,
  permission: null,
  input: z.strictObject(pageInput),
  output: z.object({ sessions: z.array(Session).describe("Your sessions"), ...pageOutput }),
  problems: [],
  path: "/sessions",
  tool: { visibility: "discoverable", keywords },
  command: { words: ["session", "list"], args: [] },
  label: () => "List one's own sessions",
  run: (call, input, { sessions }: { sessions: Pick<Sessions, "list"> }) => sessions.list(call, input),
});

export const revokeSession = operation({
  name: "revoke_session",
  title: "Revoke session",
  description: "Sign one of your sessions out, at once also on connections that are open.",
  effect: "write",
  idempotent: false,
  permission: null,
  input: z.strictObject({ session: z.string().min(1).max(64).describe("Id of the session") }),
  output: z.object({}),
  problems: ["not_found"],
  path: "/sessions/{session}",
  method: "DELETE",
  tool: { visibility: "discoverable", keywords: [...keywords, "sign out", "logout"] },
  command: { words: ["session", "revoke"], args: ["session"] },
  label: ({ session }) => `End session ${session}`,
  run: async (call, { session }, { sessions }: { sessions: Pick<Sessions, "revoke"> }) => {
    await sessions.revoke(call, session);
    return {};
  },
});

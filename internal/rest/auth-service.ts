import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Auth, SignedIn as Session } from "../auth/auth.ts";
import { isSameOrigin } from "../auth/same-origin.ts";
import { endedSessionCookie, sessionCookie, sessionSecretFrom } from "../auth/session-cookie.ts";
import type { Setup } from "../auth/setup.ts";
import { parseStrictly } from "../operation/strict.ts";
import type { AuthService, IsSameOrigin, SignedIn } from "./ports.ts";

const password = z.string().min(1).max(1024).describe("Password");

const LoginBody = z.object({
  login: z.string().min(1).max(254).describe("Username or e-mail address"),
  password,
});

const SetupBody = z.object({
  token: z.string().min(1).max(256).describe("The one-time token that the daemon printed"),
  username: z.string().min(1).max(254).describe("Username of the first administrator"),
  email: z.string().max(254).nullish().describe("E-mail address"),
  password,
});

type Deps = {
  readonly auth: Pick<Auth, "login" | "logout">;
  readonly setup: Pick<Setup, "required" | "complete">;
  /** Whether knot is reached over https, which decides the name and the flags of the cookie. */
  readonly secure: boolean;
};

/** Signing in and out as the REST door needs it: bodies in, cookies out. */
export function createAuthService({ auth, setup, secure }: Deps): AuthService {
  const signedIn = ({ session_id, principal }: Session): SignedIn => ({
    set_cookie: sessionCookie(session_id, secure),
    user: { id: principal.user_id, username: principal.username },
  });
  return {
    login: async (raw, { ip, client }) =>
      signedIn(await auth.login({ ...parseStrictly(LoginBody, raw), ip, user_agent: client })),
    logout: async ({ cookie }) => {
      const secret = sessionSecretFrom(cookie, secure);
      if (secret !== null) await auth.logout(secret);
      return endedSessionCookie(secure);
    },
    setupRequired: () => setup.required(),
    setup: async (raw, { ip, client }) =>
      signedIn(await setup.complete({ ...parseStrictly(SetupBody, raw), ip, user_agent: client })),
  };
}

/** The check of cross-site requests for requests that change something. `allowedOrigins` as in `https://knot.example.com`. */
export const sameOriginAs =
  (allowedOrigins: readonly string[]): IsSameOrigin =>
  (headers: IncomingHttpHeaders) => {
    const site = headers["sec-fetch-site"];
    return isSameOrigin({
      method: "POST",
      origin: headers.origin,
      secFetchSite: typeof site === "string" ? site : undefined,
      host: headers.host,
      allowedOrigins,
    });
  };

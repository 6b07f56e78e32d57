import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Audit, AuditedEvent } from "../audit/audit.ts";
import type { SignedIn as Session, SignInLog } from "../auth/auth.ts";
import { isSameOrigin } from "../auth/same-origin.ts";
import { endedSessionCookie, sessionCookie, sessionSecretFrom } from "../auth/session-cookie.ts";
import type { Principal } from "../operation/principal.ts";
import { parse } from "../operation/schema.ts";
import { problemOf } from "../problem/problem.ts";
import type { AuthService, IsSameOrigin, SignedIn } from "../rest/ports.ts";
import type { Identity } from "./identity.ts";

const Login = z.strictObject({ login: z.string().max(254), password: z.string().max(1024) });

const SetupForm = z.strictObject({
  token: z.string().max(256),
  username: z.string().max(64),
  email: z.string().max(254).nullish(),
  password: z.string().max(1024),
});

type Deps = { readonly identity: Identity; readonly audit: Audit; readonly secure: boolean };

/** Signing in and out, as the REST door needs it: raw bodies in, cookies out, each try in the audit log. */
export function createAuthDoor({ identity, audit, secure }: Deps): AuthService {
  const signedIn = ({ session_id, principal }: Session): SignedIn => ({
    set_cookie: sessionCookie(session_id, secure),
    user: { id: principal.user_id, username: principal.username },
  });
  return {
    async login(raw, { ip, client }) {
      return signedIn(await identity.auth.login({ ...parse(Login, raw), ip, user_agent: client }));
    },
    async logout(headers, { ip, client }) {
      const secret = sessionSecretFrom(headers.cookie, secure);
      if (secret !== null) {
        const who = await identity.principals.fromSession(secret).catch(() => null);
        await identity.auth.logout(secret);
        if (who !== null) {
          const { user_id, username, credential } = who;
          await audit.recordEvent({ ...signIn("logout", "Sign out"), user_id, username, credential, ip, client });
        }
      }
      return endedSessionCookie(secure);
    },
    setupRequired: () => identity.setup.required(),
    async setup(raw, { ip, client }) {
      const form = parse(SetupForm, raw);
      const session = await identity.setup.complete({ ...form, ip, user_agent: client }).catch(async (thrown) => {
        const { code } = problemOf(thrown);
        const entry = { ...signIn("setup", "Create the first administrator"), ip, client, problem_code: code };
        if (code !== "invalid_input") await audit.recordEvent({ ...entry, outcome: "denied" });
        throw thrown;
      });
      const { user_id, username, credential } = session.principal;
      await audit.recordEvent({
        ...signIn("setup", "Create the first administrator"),
        user_id,
        username,
        credential,
        ip,
        client,
      });
      return signedIn(session);
    },
  };
}

const signIn = (operation: string, label: string): AuditedEvent => ({
  operation,
  label,
  outcome: "ok",
  door: "web",
  username: "",
});

/** The cookie of a browser session that changed its password: the session goes on under another secret. */
export function renewedCookie({ sessions }: Identity, { credential }: Principal, secure: boolean): string | null {
  if (credential.kind !== "session") return null;
  const secret = sessions.takeRenewed(credential.id);
  return secret === null ? null : sessionCookie(secret, secure);
}

/** Writes tries to sign in into the audit log. */
export const signInLog = (audit: Pick<Audit, "recordEvent">): SignInLog => ({
  record: ({ user_id, login, outcome, ip, user_agent }) =>
    audit.recordEvent({
      operation: "login",
      label: outcome === "limited" ? "Sign in (too many tries)" : "Sign in",
      outcome: outcome === "ok" ? "ok" : "denied",
      door: "web",
      username: login ?? "",
      user_id,
      client: user_agent,
      ip,
      problem_code: outcome === "ok" ? undefined : outcome === "limited" ? "rate_limited" : "unauthenticated",
    }),
});

/** Whether a request that changes something comes from knot's own pages, at one of its own addresses. */
export const sameOrigin =
  (allowedOrigins: readonly string[]): IsSameOrigin =>
  (headers: IncomingHttpHeaders) =>
    isSameOrigin({
      method: "POST",
      origin: headers.origin,
      secFetchSite: headers["sec-fetch-site"] as string | undefined,
      host: headers.host,
      allowedOrigins,
    });

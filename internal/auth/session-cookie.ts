import { sessionLife } from "./sessions.ts";

/** `__Host-` makes browsers refuse the cookie unless it is Secure, host-only and for `/`; it needs https. */
const sessionCookieName = (secure: boolean): string => (secure ? "__Host-knot" : "knot_session");

/** The Set-Cookie value that signs in: host-only, out of reach of scripts. */
export const sessionCookie = (secret: string, secure: boolean): string =>
  cookie(secret, sessionLife.absolute_ms / 1000, secure);

/** The Set-Cookie value that signs out. */
export const endedSessionCookie = (secure: boolean): string => cookie("", 0, secure);

/** The session's secret in a Cookie header; null when it is not there, or there twice with different values. */
export function sessionSecretFrom(header: string | undefined, secure: boolean): string | null {
  const name = `${sessionCookieName(secure)}=`;
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(name))
    .map((pair) => pair.slice(name.length));
  const [value] = values;
  return value !== undefined && value !== "" && values.every((other) => other === value) ? value : null;
}

const cookie = (value: string, seconds: number, secure: boolean): string =>
  [
    `${sessionCookieName(secure)}=${value}`,
    "Path=/",
    `Max-Age=${seconds}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(secure ? ["Secure"] : []),
  ].join("; ");

/** A redirect to where our credential was not meant to go. */
class ForeignRedirect extends Error {
  constructor(target: string) {
    super(`it redirects to ${target}, which knot does not follow; if that is right, put it into knot.toml`);
  }
}

const redirecting: ReadonlySet<number> = new Set([301, 302, 307, 308]);
const most = 3;

/**
 * Sends a request and follows redirects, with method and body as they are, within the server's own origin and from http
 * to https on the same host: nobody but the operator chooses whom knot talks to, and who gets its credential.
 */
export async function following(start: URL, send: (url: URL) => Promise<Response>): Promise<Response> {
  let url = start;
  for (let hops = 0; ; hops++) {
    const response = await send(url);
    const location = redirecting.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    const target = URL.canParse(location, url.href) ? new URL(location, url.href) : null;
    if (target === null || !isOwn(url, target)) throw new ForeignRedirect(shown(target ?? location));
    if (hops === most) throw new Error(`it redirects more than ${most} times`);
    url = target;
  }
}

function isOwn(from: URL, to: URL): boolean {
  const isUpgrade = from.protocol === "http:" && to.protocol === "https:" && to.port === "" && from.port === "";
  return to.username === "" && (to.origin === from.origin || (isUpgrade && to.hostname === from.hostname));
}

/** Without the query, which may be a secret of the other side. */
const shown = (target: URL | string): string =>
  typeof target === "string" ? JSON.stringify(target.slice(0, 100)) : `${target.origin}${target.pathname}`;

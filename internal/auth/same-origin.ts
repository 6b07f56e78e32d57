/** What of a request tells where it comes from. `host` is the Host header. */
export type RequestOrigin = {
  readonly method: string;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly host: string | undefined;
  /** Origins that count as ours beside the host itself, such as `https://knot.example.com`. */
  readonly allowedOrigins: readonly string[];
};

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request with a cookie may change something: an allow-list that fails closed against cross-site requests.
 * It needs an Origin that is ours, or without one `Sec-Fetch-Site: same-origin`. Safe methods pass: they change nothing.
 */
export function isSameOrigin({ method, origin, secFetchSite, host, allowedOrigins }: RequestOrigin): boolean {
  if (safeMethods.has(method.toUpperCase())) return true;
  if (origin === undefined) return secFetchSite === "same-origin";
  if (allowedOrigins.includes(origin)) return true;
  if (host === undefined || host === "" || (secFetchSite !== undefined && secFetchSite !== "same-origin")) return false;
  if (origin === `https://${host}`) return true;
  // Whoever is on the network can forge the http twin of an https site
  return origin === `http://${host}` && !allowedOrigins.some((allowed) => allowed.startsWith("https:"));
}

import type { ProblemDocument } from "../problem/problem.ts";

/** What a client has to know of an operation to call it. */
export type Route = { readonly name: string; readonly method: string; readonly path: string; readonly effect: string };

/** Finds routes by name; loads them once, and again after a failure. */
export function createRoutes(load: () => Promise<readonly Route[]>) {
  let loading: Promise<ReadonlyMap<string, Route>> | undefined;
  const all = () => {
    loading ??= load().then((routes) => new Map(routes.map((route) => [route.name, route])));
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };
  return {
    find: async (name: string): Promise<Route> => {
      const route = (await all()).get(name);
      if (route !== undefined) return route;
      const detail = `This server has no operation "${name}"; it may be an older version.`;
      throw { code: "not_found", status: 404, title: "No such thing", type: "", detail } satisfies ProblemDocument;
    },
  };
}

/** The address and body of a call: parts of the path, and the query of GET and DELETE or a JSON body. */
export function requestOf(
  { method, path }: Route,
  input: Readonly<Record<string, unknown>>,
): { url: string; body?: string } {
  const rest = { ...input };
  const url = path.replace(/\{([a-z0-9_]+)\}/g, (_part, field: string) => {
    const value = rest[field];
    delete rest[field];
    return encodeURIComponent(String(value ?? ""));
  });
  if (method !== "GET" && method !== "DELETE") return { url, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [field, value] of Object.entries(rest)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined) query.append(field, typeof item === "object" ? JSON.stringify(item) : String(item));
    }
  }
  return { url: query.size === 0 ? url : `${url}?${query}` };
}

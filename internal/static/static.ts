import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

export type StaticOptions = {
  /** The folder of the built web app: web/dist. */
  readonly root: string;
};

const year = "public, max-age=31536000, immutable";

/**
 * Serves the web app: files as they are, and its one page for every other path a browser may be sent to. Mount it
 * last: the routes of the other doors win, and what is unknown below them stays unknown.
 */
export async function mountStatic(server: FastifyInstance, { root }: StaticOptions): Promise<void> {
  const isBuilt = existsSync(join(root, "index.html"));
  if (isBuilt) {
    await server.register(fastifyStatic, {
      root,
      serve: false,
      cacheControl: false,
      dotfiles: "ignore",
      index: false,
      setHeaders: (reply, path) => void reply.header("cache-control", isHashed(path) ? year : "no-cache"),
    });
  }
  server.get("/*", async (request, reply) => {
    const path = `/${(request.params as { "*": string })["*"]}`;
    if (belongsToADoor(path)) return reply.callNotFound();
    if (!isBuilt) return reply.code(503).type("text/html; charset=utf-8").send(missingPage);
    const isFile = /\.[a-z0-9]+$/i.test(path);
    return reply.sendFile(isFile ? path : "index.html");
  });
}

/** Vite puts what carries its own hash into assets/. */
const isHashed = (path: string): boolean => /[/\\]assets[/\\].+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(path);

const belongsToADoor = (path: string): boolean => /^\/(api|mcp|oauth|\.well-known)(\/|$)/.test(path);

const missingPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>knot: the web app is not built</title>
<h1>The web app is not built</h1>
<p>The daemon runs, and its API and <code>/mcp</code> work. Run <code>make build</code> to get the web app, then restart.</p>
</html>
`;

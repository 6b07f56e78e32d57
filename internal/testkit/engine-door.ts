import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Life } from "./failpoint.ts";
import { dockerSocket } from "./needs.ts";

/**
 * The engine as one life of a daemon gets at it: a socket through which all its requests go. Each that changes
 * something has a point before the engine hears of it and one before the daemon hears of the answer, so that no call of
 * the engine can be without. Commands (`exec`) do not pass.
 */
export async function engineDoor(t: TestContext, life: Life): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "knot-door-"));
  const socket = join(directory, "engine.sock");
  const server = createServer((asked, answer) => {
    pass(asked, answer, life).catch(() => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return socket;
}

async function pass(asked: IncomingMessage, answer: ServerResponse, life: Life): Promise<void> {
  const body = await bytesOf(asked);
  const point = pointOf(asked);
  await life.at(point === "" ? "" : `${point}:before`);
  const { method = "GET", url = "/", headers } = asked;
  const options = { socketPath: dockerSocket(), method, path: url, headers };
  const reply = await new Promise<IncomingMessage>((resolve, reject) =>
    request(options, resolve).once("error", reject).end(body),
  );
  const content = await bytesOf(reply);
  await life.at(point === "" ? "" : `${point}:after`);
  answer.writeHead(reply.statusCode ?? 500, {
    "content-type": reply.headers["content-type"] ?? "text/plain",
    ...stat(reply),
  });
  answer.end(content);
}

/** What a request changes, without the names in it; empty when it only looks. */
function pointOf({ method = "GET", url = "" }: IncomingMessage): string {
  if (method === "GET" || method === "HEAD") return "";
  const path = new URL(url, "http://engine").pathname.replace(/^\/v[\d.]+/, "");
  return `engine.${method} ${path.replace(/\/(kn-|[0-9a-f]{64})[^/]*/g, "/*")}`;
}

/** The one header of an answer that says more than its body. */
function stat({ headers }: IncomingMessage): Record<string, string> {
  const name = "x-docker-container-path-stat";
  const value = headers[name];
  return typeof value === "string" ? { [name]: value } : {};
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

import { startBareFastify } from "./bare-fastify.ts";
import { inTurns, type Load, type Row, throughput } from "./measure.ts";
import type { Subject } from "./subject.ts";

const rounds = 3;

/** How many requests a second, against a bare Fastify that answers the same value. */
export async function requestRow(name: string, subject: Subject, load: Load): Promise<Row> {
  const { url, method = "GET", headers = {}, body } = load;
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const bytes = await response.text();
  if (!response.ok || bytes.includes('"error"')) throw new Error(`${url}: ${response.status} ${bytes}`);
  const bare = await startBareFastify(subject.folder, bytes);
  try {
    return await inTurns(
      { name, unit: "requests/s", better: "higher", against: "a bare Fastify with the same answer" },
      rounds,
      () => throughput(load),
      () => throughput({ ...load, url: bare.url }),
    );
  } finally {
    await bare[Symbol.asyncDispose]();
  }
}

/** A stateless 2026-07-28 request to /mcp, with the headers that repeat its body. */
export function mcpLoad(subject: Subject, method: string, params: Readonly<Record<string, unknown>>): Load {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
  };
  const name = params["name"];
  return {
    url: `${subject.origin}/mcp`,
    method: "POST",
    headers: {
      ...subject.headers,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": name } : {}),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } }),
  };
}

/** Makes `count` spaces that nobody starts, eight at a time. */
export async function fillSpaces(subject: Subject, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `filled-${index}`);
  const worker = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await subject.call("POST", "/spaces", { name, template: "idle", start: false });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

import type { FetchLike } from "@modelcontextprotocol/client";
import { Agent, fetch as undiciFetch } from "undici";
import { brokenCode, tooLargeCode } from "./fault.ts";
import { limits } from "./server.ts";

type Message = { readonly id?: unknown; readonly method?: unknown; readonly params?: { readonly requestId?: unknown } };

/**
 * The fetch of one HTTP upstream: a connection pool of its own, a bound on what an answer may weigh, and an end for
 * every request. A stream that breaks before its answer gets an error event in its place, because the SDK would wait
 * for the time limit; a cancelled request is closed, because the SDK only tells the server.
 */
export function createGuardedFetch(): { fetch: FetchLike; close: () => Promise<void> } {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: limits.connectMs },
    // the calls have a time limit of their own, and a listening stream is silent for hours
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const open = new Map<unknown, AbortController>();
  const guarded = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const message = messageOf(init.body);
    if (message?.method === "notifications/cancelled") open.get(message.params?.requestId)?.abort();
    const controller = new AbortController();
    const id = message?.method === undefined ? undefined : message.id;
    if (id !== undefined) open.set(id, controller);
    const done = () => {
      if (open.get(id) === controller) open.delete(id);
    };
    const signal = init.signal == null ? controller.signal : AbortSignal.any([init.signal, controller.signal]);
    try {
      const response = await undiciFetch(url, { ...init, signal, dispatcher: agent } as Parameters<
        typeof undiciFetch
      >[1]);
      return bounded(response as unknown as Response, id, done);
    } catch (thrown) {
      done();
      throw thrown;
    }
  };
  return { fetch: guarded as FetchLike, close: () => agent.destroy() };
}

function messageOf(body: unknown): Message | undefined {
  if (typeof body !== "string") return undefined;
  const parsed: unknown = JSON.parse(body);
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
}

/** The same response with a body that is counted; `id` is of the JSON-RPC request whose answer it carries. */
function bounded(response: Response, id: unknown, done: () => void): Response {
  if (response.body === null) {
    done();
    return response;
  }
  const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
  const body = isStream ? events(response.body, id, done) : bytes(response.body, done);
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers: [...headers] });
}

function bytes(source: ReadableStream<Uint8Array>, done: () => void): ReadableStream<Uint8Array> {
  let count = 0;
  return relay(source, done, (chunk) => {
    count += chunk.byteLength;
    if (count > limits.answerBytes) throw new TooLarge();
  });
}

function events(source: ReadableStream<Uint8Array>, id: unknown, done: () => void): ReadableStream<Uint8Array> {
  let count = 0;
  let resumable = false;
  const failed = (thrown: unknown): Uint8Array | null => {
    if (id === undefined) return null;
    // the server said how to go on after a break, and the SDK does
    if (thrown === null && resumable) return null;
    const [code, message] = thrown instanceof TooLarge ? [tooLargeCode, "too large"] : [brokenCode, "stream broke"];
    return Buffer.from(`\n\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } })}\n\n`);
  };
  return relay(
    source,
    done,
    (chunk) => {
      const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      resumable ||= /^id:/m.test(text.toString("latin1", 0, 4096));
      const end = Math.max(text.lastIndexOf("\n\n"), text.lastIndexOf("\r\n\r\n"));
      count = end < 0 ? count + text.length : text.length - end;
      if (count > limits.answerBytes) throw new TooLarge();
    },
    failed,
  );
}

class TooLarge extends Error {}

function relay(
  source: ReadableStream<Uint8Array>,
  done: () => void,
  check: (chunk: Uint8Array) => void,
  last?: (thrown: unknown) => Uint8Array | null,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const finish = (controller: ReadableStreamDefaultController<Uint8Array>, thrown: unknown) => {
    done();
    const ending = last?.(thrown) ?? null;
    if (ending !== null) controller.enqueue(ending);
    if (thrown === null || ending !== null) controller.close();
    else controller.error(thrown);
    if (thrown !== null) reader.cancel().catch(() => {});
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: ended, value } = await reader.read();
        if (ended) return finish(controller, null);
        check(value);
        controller.enqueue(value);
      } catch (thrown) {
        finish(controller, thrown);
      }
    },
    async cancel(reason) {
      done();
      await reader.cancel(reason);
    },
  });
}

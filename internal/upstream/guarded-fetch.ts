import type { FetchLike } from "@modelcontextprotocol/client";
import { Agent, fetch as undiciFetch } from "undici";
import { dataOf, EventCutter, TooLarge } from "./event-cutter.ts";
import { brokenCode, tooLargeCode } from "./fault.ts";
import { NoticeBudget, noticeIn } from "./notice-budget.ts";
import { following } from "./redirects.ts";
import { limits } from "./server.ts";

type Message = { readonly id?: unknown; readonly method?: unknown; readonly params?: { readonly requestId?: unknown } };

/** Hears of a notice that was dropped because there are too many. */
export type OnDropped = (method: string) => void;

/**
 * The fetch of one HTTP upstream: a connection pool of its own, a bound on what an answer may weigh and on how many
 * notices come, redirects within its own origin only, and an end for every request. A stream that breaks before its answer gets an error event in its place, because the SDK would wait
 * for the time limit; a cancelled request is closed, because the SDK only tells the server.
 */
export function createGuardedFetch(onDropped: OnDropped): { fetch: FetchLike; close: () => Promise<void> } {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: limits.connectMs },
    // the calls have a time limit of their own, and a listening stream is silent for hours
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const budget = new NoticeBudget();
  const keeps = (event: string): boolean => {
    if (budget.take()) return true;
    const method = noticeIn(dataOf(event));
    if (method !== null) onDropped(method);
    return method === null;
  };
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
      const options = { ...init, signal, dispatcher: agent, redirect: "manual" } as Parameters<typeof undiciFetch>[1];
      const send = async (target: URL) => (await undiciFetch(target, options)) as unknown as Response;
      return bounded(await following(new URL(url), send), { id, done, keeps });
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

type Bounds = {
  /** Of the JSON-RPC request whose answer it carries. */
  readonly id: unknown;
  readonly done: () => void;
  readonly keeps: (event: string) => boolean;
};

/** The same response with a body that is counted. */
function bounded(response: Response, bounds: Bounds): Response {
  if (response.body === null) {
    bounds.done();
    return response;
  }
  const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
  const body = isStream ? events(response.body, bounds) : bytes(response.body, bounds.done);
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers: [...headers] });
}

function bytes(source: ReadableStream<Uint8Array>, done: () => void): ReadableStream<Uint8Array> {
  let count = 0;
  return relay(source, done, (chunk) => {
    count += chunk.byteLength;
    if (count > limits.answerBytes) throw new TooLarge();
    return chunk;
  });
}

function events(source: ReadableStream<Uint8Array>, { id, done, keeps }: Bounds): ReadableStream<Uint8Array> {
  let resumable = false;
  const cutter = new EventCutter((event) => {
    resumable ||= /^id:/m.test(event);
    return keeps(event);
  });
  const failed = (thrown: unknown): Uint8Array | null => {
    if (id === undefined) return null;
    // the server said how to go on after a break, and the SDK does
    if (thrown === null && resumable) return null;
    const [code, message] = thrown instanceof TooLarge ? [tooLargeCode, "too large"] : [brokenCode, "stream broke"];
    return Buffer.from(`data: ${JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } })}\n\n`);
  };
  return relay(source, done, (chunk) => cutter.push(chunk), failed);
}

function relay(
  source: ReadableStream<Uint8Array>,
  done: () => void,
  pass: (chunk: Uint8Array) => Uint8Array,
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
        for (;;) {
          const { done: ended, value } = await reader.read();
          if (ended) return finish(controller, null);
          const passed = pass(value);
          if (passed.byteLength > 0) return controller.enqueue(passed);
        }
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

import type { Event } from "../event/schema.ts";
import type { ProblemDocument } from "../problem/problem.ts";
import { problemOf } from "./failure.ts";
import { messagesOf } from "./messages.ts";

export type SubscribeOptions = {
  /** Events were lost: what was read before may be stale, read it again. */
  readonly onGap?: () => void;
  /** The stream stands (true) or is being reconnected (false). */
  readonly onConnected?: (connected: boolean) => void;
  /** The credential is not accepted any more: the subscription is over. */
  readonly onRefused?: (problem: ProblemDocument) => void;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Without a byte for so long the connection counts as dead; the server says something every 15 s. */
  readonly silenceMs?: number;
};

export type Subscription = { readonly close: () => void };

type Connection = {
  readonly send: typeof fetch;
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
};

const longestWaitMs = 15_000;

/**
 * Reads the event stream with fetch rather than EventSource, which gives up for good after one bad gateway.
 * Reconnects after the last seq it saw, later and later while the server is away.
 */
export function subscribe(
  connection: Connection,
  after: number | null,
  onEvent: (event: Event) => void,
  options: SubscribeOptions = {},
): Subscription {
  const closed = new AbortController();
  void read(connection, { after }, onEvent, options, closed.signal);
  return { close: () => closed.abort() };
}

async function read(
  connection: Connection,
  position: { after: number | null },
  onEvent: (event: Event) => void,
  options: SubscribeOptions,
  signal: AbortSignal,
): Promise<void> {
  const wait = options.wait ?? pause;
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await readOnce(connection, position, onEvent, options, signal);
    if (signal.aborted) return;
    options.onConnected?.(false);
    if (typeof outcome === "object") return options.onRefused?.(outcome);
    failures = outcome === "opened" ? 0 : failures + 1;
    await wait(Math.min(longestWaitMs, 500 * 2 ** failures) * (0.5 + Math.random() / 2), signal);
  }
}

/** Reads until the connection ends; a problem document when the server refuses the credential. */
async function readOnce(
  { send, base, headers }: Connection,
  position: { after: number | null },
  onEvent: (event: Event) => void,
  { onGap, onConnected, silenceMs = 45_000 }: SubscribeOptions,
  signal: AbortSignal,
): Promise<"opened" | "failed" | ProblemDocument> {
  // one controller of our own: a combined signal that nothing else holds may be collected before it aborts
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  let timer = setTimeout(abort, silenceMs);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(abort, silenceMs);
  };
  let outcome: "opened" | "failed" = "failed";
  try {
    const query = position.after === null ? "" : `?after=${position.after}`;
    const response = await send(`${base}/api/events/stream${query}`, {
      headers: { ...headers, accept: "text/event-stream" },
      signal: stop.signal,
    });
    if (response.status === 401 || response.status === 403) return await problemOf(response);
    if (!response.ok || !response.headers.get("content-type")?.startsWith("text/event-stream")) return "failed";
    outcome = "opened";
    onConnected?.(true);
    for await (const { id, event, data } of messagesOf(response, heard)) {
      if (signal.aborted) break;
      if (id !== undefined) position.after = Number(id);
      if (event === "gap") onGap?.();
      if (event === "message") onEvent(JSON.parse(data));
    }
    return outcome;
  } catch {
    return outcome;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });

import { once } from "node:events";
import type { FastifyReply } from "fastify";

type Message = { readonly id?: number; readonly event?: string; readonly data: unknown };

/** A server-sent event stream that has taken over the reply. */
export type EventStream = {
  /** Resolves when the connection can take more: whoever awaits it keeps memory bounded. */
  readonly send: (message: Message) => Promise<void>;
  /** For what the next message replaces, such as progress: left out while the connection cannot take more. */
  readonly offer: (message: Message) => void;
  readonly end: () => void;
  /** Aborted when the reader is gone. */
  readonly signal: AbortSignal;
};

const keepAliveMs = 15_000;

/** How long a browser waits before it comes back; some take 5 s and more by themselves. */
const retryMs = 2000;

/** After so many keep-alives that could not be sent the reader counts as gone. */
const mostStalled = 4;

/** Starts the stream. Headers go out at once: without a first byte a browser waits as if the server were dead. */
export function openEventStream(reply: FastifyReply): EventStream {
  const { raw } = reply;
  const gone = new AbortController();
  reply.hijack();
  reply.header("content-type", "text/event-stream; charset=utf-8").header("x-accel-buffering", "no");
  raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  raw.write(`: ok\nretry: ${retryMs}\n\n`);
  let stalled = 0;
  const keepAlive = setInterval(() => {
    stalled = raw.writableNeedDrain ? stalled + 1 : 0;
    if (stalled >= mostStalled) raw.destroy();
    else if (stalled === 0) raw.write(": keep-alive\n\n");
  }, keepAliveMs);
  raw.on("close", () => {
    clearInterval(keepAlive);
    gone.abort();
  });
  return {
    signal: gone.signal,
    send: async (message) => {
      if (raw.writableEnded || raw.destroyed) return;
      if (!raw.write(textOf(message))) await once(raw, "drain", { signal: gone.signal }).catch(() => {});
    },
    offer: (message) => {
      if (!raw.writableEnded && !raw.destroyed && !raw.writableNeedDrain) raw.write(textOf(message));
    },
    end: () => {
      clearInterval(keepAlive);
      raw.end();
    },
  };
}

function textOf({ id, event, data }: Message): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${JSON.stringify(data)}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

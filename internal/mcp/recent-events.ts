import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

type Stored = { readonly id: string; readonly stream: string; readonly text: string };

const maxEvents = 200;
const maxChars = 512 * 1024;

/**
 * What one session was sent lately, so that a client that lost its connection can resume after `Last-Event-ID`.
 * Bounded in number and size; the newest event is always kept, since it may be the answer of a long call. It does not say
 * which stream an event is of before it replays: then the transport would refuse who resumes a stream that only seems open.
 */
export class RecentEvents implements EventStore {
  #events: Stored[] = [];
  #chars = 0;
  #next = 1;

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const event = { id: `${stream}.${this.#next++}`, stream, text: JSON.stringify(message) };
    this.#events.push(event);
    this.#chars += event.text.length;
    while (this.#events.length > maxEvents || (this.#chars > maxChars && this.#events.length > 1)) {
      this.#chars -= this.#events.shift()?.text.length ?? 0;
    }
    return event.id;
  }

  /** Whether anything of the event's stream is kept. */
  knows(id: string): boolean {
    const stream = streamOf(id);
    return this.#events.some((event) => event.stream === stream);
  }

  async replayEventsAfter(
    lastId: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const stream = streamOf(lastId);
    const after = numberOf(lastId);
    for (const event of this.#events) {
      const isPriming = event.text === "{}";
      if (event.stream === stream && numberOf(event.id) > after && !isPriming) {
        await send(event.id, JSON.parse(event.text));
      }
    }
    return stream;
  }
}

const streamOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf(".")));
const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf(".") + 1));

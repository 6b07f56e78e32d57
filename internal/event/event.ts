import type { Call } from "../operation/call.ts";
import type { Principal } from "../operation/principal.ts";
import type { EventStore, Viewer } from "./event-store.ts";
import { InOrder } from "./in-order.ts";
import type { CommittedEvent, Event } from "./schema.ts";
import { Subscriber } from "./subscriber.ts";
import { viewerOf } from "./visibility.ts";

/** `gap` means: events were missed, so read the state anew. */
export type StreamItem = Event | { readonly gap: true };

type Deps = {
  readonly store: EventStore;
  /** `store.onEvents`: hears every committed event. */
  readonly listen: (listener: (events: readonly CommittedEvent[]) => void) => () => void;
  readonly now?: (() => number) | undefined;
  /** How many events one subscriber may be behind. */
  readonly buffer?: number | undefined;
  /** How many events are replayed at most; whoever missed more reads the state anew. */
  readonly replay?: number | undefined;
  readonly gap_ms?: number | undefined;
};

const day = 86_400_000;
const page = 200;

/** What happens, as it happens: live from memory, and from the table what was missed. */
export class Events implements Disposable {
  readonly #deps: Deps;
  readonly #subscribers = new Set<Subscriber>();
  readonly #order: InOrder;
  readonly #stop: () => void;

  /** `horizon` is the newest stored event, `early` what was committed while it was looked up. */
  constructor(deps: Deps, horizon: number, early: readonly CommittedEvent[]) {
    this.#deps = deps;
    this.#order = new InOrder({
      horizon,
      gap_ms: deps.gap_ms ?? 250,
      onEvent: (event) => {
        for (const subscriber of this.#subscribers) subscriber.push(event);
      },
      onLate: () => {
        for (const subscriber of this.#subscribers) subscriber.drop();
      },
    });
    for (const event of early) if (event.seq > horizon) this.#order.add(event);
    this.#stop = deps.listen((events) => {
      for (const event of events) this.#order.add(event);
    });
  }

  /** The newest event that has been told. Who subscribes behind it in the same step misses nothing. */
  get horizon(): number {
    return this.#order.horizon;
  }

  /**
   * Events this principal may see: first those behind `after` (null: none), then live ones, each once and in order.
   * The stream ends with the signal, or after a `gap` when its reader is too slow; then subscribe again.
   */
  subscribe(principal: Principal, after: number | null, signal: AbortSignal): AsyncIterable<StreamItem> {
    const viewer = viewerOf(principal);
    const subscriber = new Subscriber(viewer, this.#deps.buffer ?? 1000);
    // in one step, so that what is replayed ends exactly where the live ones begin
    const through = this.#order.horizon;
    this.#subscribers.add(subscriber);
    const leave = () => {
      this.#subscribers.delete(subscriber);
      subscriber.wake();
    };
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    return this.#stream(viewer, after, through, subscriber, signal, leave);
  }

  /** Those behind `after`, or else the newest; oldest first. */
  async list(
    { principal }: Call,
    input: { after?: number | undefined; limit: number; types?: readonly string[] | undefined },
  ): Promise<{ events: Event[]; total: number; returned: number; last_seq: number }> {
    const { store } = this.#deps;
    const filter = { viewer: viewerOf(principal), types: input.types };
    const horizon = this.#order.horizon;
    const events =
      input.after === undefined
        ? await store.latest(filter, input.limit)
        : await store.between(filter, input.after, horizon, input.limit);
    const more = input.after !== undefined && events.length === input.limit;
    const last = events.at(-1)?.seq ?? 0;
    const through = Math.max(horizon, last);
    const total = await store.count(filter, input.after ?? 0, through);
    return { events: [...events], total, returned: events.length, last_seq: more ? last : through };
  }

  /** Now and then: deletes events older than `retention_days` and all but the newest `keep`. */
  prune(retention_days = 30, keep = 100_000): Promise<number> {
    return this.#deps.store.prune((this.#deps.now ?? Date.now)() - retention_days * day, keep);
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#order.close();
    for (const subscriber of this.#subscribers) subscriber.drop();
  }

  async *#stream(
    viewer: Viewer,
    after: number | null,
    through: number,
    subscriber: Subscriber,
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<StreamItem> {
    try {
      if (after !== null) yield* this.#replay(viewer, after, through, signal);
      while (!signal.aborted) {
        const events = await subscriber.take(signal);
        if (events === null) {
          yield { gap: true };
          return;
        }
        yield* events;
      }
    } finally {
      leave();
      signal.removeEventListener("abort", leave);
    }
  }

  async *#replay(viewer: Viewer, after: number, through: number, signal: AbortSignal): AsyncGenerator<StreamItem> {
    if (after === through) return;
    const { store, replay = 5000 } = this.#deps;
    const bounds = await store.bounds();
    const pruned = bounds !== null && bounds.oldest > after + 1;
    if (after > through || pruned) {
      yield { gap: true };
      return;
    }
    let from = after;
    for (let told = 0; told < replay; told += page) {
      const events = await store.between({ viewer }, from, through, page);
      yield* events;
      if (events.length < page || signal.aborted) return;
      from = events.at(-1)?.seq ?? from;
    }
    yield { gap: true };
  }
}

/** Starts to listen; nothing that is committed from now on is missed. */
export async function openEvents(deps: Deps): Promise<Events> {
  const early: CommittedEvent[] = [];
  const stop = deps.listen((events) => void early.push(...events));
  const horizon = (await deps.store.bounds())?.newest ?? 0;
  stop();
  return new Events(deps, horizon, early);
}

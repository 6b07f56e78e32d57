type Options<Item> = {
  /** All of them, or none. */
  readonly write: (items: readonly Item[]) => Promise<void>;
  readonly delay_ms: number;
  /** So many are written at once, without waiting. */
  readonly batch: number;
  /** When so many wait, whoever adds one waits too. */
  readonly capacity: number;
  readonly onError: (cause: unknown) => void;
};

const retry_ms = 1000;

/** Writes items together and in order. What could not be written stays and goes out with the next attempt. */
export class Queue<Item> implements AsyncDisposable {
  readonly #options: Options<Item>;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(options: Options<Item>) {
    this.#options = options;
  }

  /** Resolves at once, unless too many wait already. */
  async add(item: Item): Promise<void> {
    const { capacity, batch, delay_ms } = this.#options;
    this.#items.push(item);
    if (this.#items.length >= capacity) return this.flush();
    if (this.#items.length >= batch && this.#writing === null) this.flush().catch(() => {});
    else this.#later(delay_ms);
  }

  /** Resolves when the item is written; rejects when it could not be, though it is tried again later. */
  addDurably(item: Item): Promise<void> {
    this.#items.push(item);
    return this.flush();
  }

  /** Resolves when everything added until now is written. Calls that come meanwhile share one write. */
  flush(): Promise<void> {
    if (this.#next !== null) return this.#next;
    if (this.#writing === null) return this.#start();
    if (this.#items.length === 0) return this.#writing;
    this.#next = this.#writing
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.#start();
      });
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  #later(delay_ms: number): void {
    this.#timer ??= setTimeout(() => this.flush().catch(() => {}), delay_ms).unref();
  }

  #start(): Promise<void> {
    this.#writing = this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    try {
      await this.#options.write(items);
    } catch (cause) {
      this.#options.onError(cause);
      this.#items = [...items, ...this.#items].slice(-this.#options.capacity);
      this.#later(retry_ms);
      throw cause;
    }
  }
}

type Closable = Partial<AsyncDisposable> & Partial<Disposable>;

/** What has been opened, to be closed in the opposite order. Node 22 lacks AsyncDisposableStack. */
export class Opened implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];

  use<Thing extends Closable>(thing: Thing): Thing {
    this.defer(() => (thing[Symbol.asyncDispose] ?? thing[Symbol.dispose])?.call(thing));
    return thing;
  }

  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes everything, also when one of them fails; then throws what failed first. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

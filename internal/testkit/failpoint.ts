/** Methods that change nothing: a death around them is a death around their neighbours. */
const reading =
  /^(list|find|named|byKey|sweep|cleanups|volumesOf|events|check|inspect|listVolumes|knownVolumes|logs|exec|endStrays|volumeSizes|reservations|state|version|versions|countOwnedBy|countByState)$/;

/** The methods of a port that change something: those with a point before and after. */
export const changing = (port: { readonly prototype: object }): readonly string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(port.prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor" && !reading.test(name))
    .map(([name]) => name);

/** The port with a point before and after every call that changes something. */
export function withFailpoints<Port extends object>(
  port: Port,
  name: string,
  at: (point: string) => Promise<void>,
): Port {
  return new Proxy(port, {
    get: (target, key) => {
      const member = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      if (typeof key !== "string") return member.bind(target);
      const pass = reading.test(key) ? at.bind(null, "") : (when: string) => at(`${name}.${key}:${when}`);
      return async (...parameters: unknown[]) => {
        await pass("before");
        const result = await member.apply(target, parameters);
        await pass("after");
        return result;
      };
    },
  });
}

/**
 * A daemon's life that ends at the `fatal`-th point: the call there never returns, and nothing that goes through a
 * port of this life happens afterwards, as if the process had been killed.
 */
export class Life {
  readonly points: string[] = [];
  readonly #fatal: number;
  readonly #died = Promise.withResolvers<void>();
  #dead = false;

  constructor(fatal = Number.POSITIVE_INFINITY) {
    this.#fatal = fatal;
  }

  /** Resolves when the life has ended. */
  get died(): Promise<void> {
    return this.#died.promise;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** The port as this life uses it. */
  port<Port extends object>(port: Port, name: string): Port {
    return withFailpoints(port, name, (point) => this.at(point));
  }

  /** Passes a point; never returns once the life has ended. The empty point ends no life. */
  async at(point: string): Promise<void> {
    if (point !== "" && !this.#dead && this.points.push(point) > this.#fatal) {
      this.#dead = true;
      this.#died.resolve();
    }
    // what waits here waits for ever; nothing holds on to it but the life itself
    if (this.#dead) await new Promise<never>(() => {});
  }
}

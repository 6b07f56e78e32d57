/**
 * Keys for calls that create something: the same input has the same key until it has worked, so that a retry after a
 * lost answer does not create a second one. `crypto.randomUUID` is missing on plain http.
 */
export function createKeyring() {
  let last: { readonly input: string; readonly key: string } | undefined;
  return {
    keyFor: (input: unknown): string => {
      const text = JSON.stringify(input);
      if (last?.input !== text) last = { input: text, key: randomKey() };
      return last.key;
    },
    forget: (): void => {
      last = undefined;
    },
  };
}

const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

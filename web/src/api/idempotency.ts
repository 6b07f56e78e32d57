/**
 * Keys for calls that change something: the same input has the same key until it has worked, so that a retry after a
 * lost answer has no second effect. `crypto.randomUUID` is missing on plain http.
 */
export function createKeyring() {
  const keys = new Map<string, string>();
  return {
    keyFor: (input: unknown): string => {
      const text = JSON.stringify(input);
      const key = keys.get(text) ?? randomKey();
      keys.set(text, key);
      return key;
    },
    /** It has worked: the next call with this input is another one. */
    forget: (input: unknown): void => {
      keys.delete(JSON.stringify(input));
    },
  };
}

const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

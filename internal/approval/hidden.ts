const secret = new RegExp(
  [
    "secret|token|credential|authorization|bearer|cookie",
    "passw|passphrase|passcode|pass$|pwd",
    "(?:api|access|account|auth|private|signing|encryption|ssh|master)[_-]?key",
  ].join("|"),
  "i",
);

const none: ReadonlySet<string> = new Set();
const mask = "(hidden)";

/** The same value with hidden what stands under a name that sounds like a secret, or at one of these JSON Pointers. */
export function hideSecrets(value: unknown, pointers = none, at = ""): unknown {
  if (pointers.has(at)) return mask;
  if (Array.isArray(value)) return value.map((item, index) => hideSecrets(item, pointers, `${at}/${index}`));
  if (value === null || typeof value !== "object") return value;
  const shown = (name: string, item: unknown) =>
    secret.test(name) && isFilled(item) ? mask : hideSecrets(item, pointers, `${at}/${escaped(name)}`);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(name, item)]));
}

const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

const isFilled = (value: unknown): boolean => value !== null && value !== undefined && typeof value !== "boolean";

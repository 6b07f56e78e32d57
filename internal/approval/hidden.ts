const secret = new RegExp(
  [
    "secret|token|credential|authorization|bearer|cookie",
    "passw|passphrase|passcode|pass$|pwd",
    "(?:api|access|account|auth|private|signing|encryption|ssh|master)[_-]?key",
  ].join("|"),
  "i",
);

/** The same value with whatever stands under a name that sounds like a secret hidden. */
export function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secret.test(name) && isFilled(item) ? "(hidden)" : hideSecrets(item),
    ]),
  );
}

const isFilled = (value: unknown): boolean => value !== null && value !== undefined && typeof value !== "boolean";

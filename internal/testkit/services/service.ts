/** A service the tests use; `stop` deletes exactly what was started, and nothing when it was running before. */
export type Service = {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

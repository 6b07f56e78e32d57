const perSecond = 100;
const burst = 1000;

/**
 * How many notices (progress, logs, announcements) one connection may bring. Each costs the SDK a tenth of a
 * millisecond of everybody's time; what is over the budget is dropped.
 */
export class NoticeBudget {
  #left = burst;
  #at = Date.now();
  #dropped = 0;

  /** How many were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether one more may pass. */
  take(now = Date.now()): boolean {
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (this.#left >= 1) {
      this.#left--;
      return true;
    }
    this.#dropped++;
    return false;
  }
}

/** The method of a notice, when the text is one; null for a request, an answer, and what is no message. */
export function noticeIn(json: string): string | null {
  try {
    const message: unknown = JSON.parse(json);
    if (typeof message !== "object" || message === null || "id" in message || !("method" in message)) return null;
    return typeof message.method === "string" ? message.method : null;
  } catch {
    return null;
  }
}

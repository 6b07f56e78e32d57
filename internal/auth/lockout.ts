import { isIPv6 } from "node:net";
import { Problem } from "../problem/problem.ts";

const window = 15 * 60_000;
const perAccount = 10;
const perAddress = 50;
const mostKeys = 20_000;

/** Counts tries to sign in: 10 wrong ones for an account, or 50 from an address, in 15 minutes close the door for a while. */
export class Lockout {
  readonly #now: () => number;
  readonly #tries = new Map<string, number[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts a try before it is verified, so that many at once are not more than many in a row.
   * Throws `rate_limited` with `retry_after` in seconds. The result is called when the try turns out right.
   */
  begin(account: string, ip: string): () => void {
    const now = this.#now();
    const keys = [`account ${account}`, `address ${network(ip)}`] as const;
    const [ofAccount, ofAddress] = [this.#recent(keys[0], now), this.#recent(keys[1], now)];
    const waits = [wait(ofAccount, perAccount, now), wait(ofAddress, perAddress, now)];
    const retry_after = Math.max(...waits);
    if (retry_after > 0) {
      throw new Problem("rate_limited", `Too many wrong tries to sign in. Try again in ${waitText(retry_after)}.`, {
        extra: { retry_after },
      });
    }
    ofAccount.push(now);
    ofAddress.push(now);
    return () => {
      this.#tries.delete(keys[0]);
      const counted = ofAddress.lastIndexOf(now);
      if (counted >= 0) ofAddress.splice(counted, 1);
    };
  }

  #recent(key: string, now: number): number[] {
    const tries = this.#tries.get(key) ?? [];
    // Keys are kept in the order of their last use, so the first one is the one to drop
    this.#tries.delete(key);
    this.#tries.set(key, tries);
    while (tries.length > 0 && (tries[0] as number) <= now - window) tries.shift();
    if (this.#tries.size > mostKeys) this.#tries.delete(this.#tries.keys().next().value as string);
    return tries;
  }
}

/** Seconds until another try is allowed; 0 when it is now. */
const wait = (tries: readonly number[], most: number, now: number): number =>
  tries.length < most ? 0 : Math.ceil(((tries[0] as number) + window - now) / 1000);

/** An IPv6 subscriber has at least a /64, and would otherwise have as many tries as addresses. */
function network(ip: string): string {
  if (!isIPv6(ip)) return ip;
  if (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(ip)) return ip.slice("::ffff:".length);
  const [head = "", tail] = ip.split("%")[0]?.toLowerCase().split("::") ?? [];
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}

const waitText = (seconds: number): string =>
  seconds <= 60 ? `${seconds} second${seconds === 1 ? "" : "s"}` : `${Math.ceil(seconds / 60)} minutes`;

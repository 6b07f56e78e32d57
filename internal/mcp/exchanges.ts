import type { ServerResponse } from "node:http";
import type { Principal } from "../operation/principal.ts";
import { Problem } from "../problem/problem.ts";
import type { Ended } from "./ports.ts";

type Exchange = {
  readonly response: ServerResponse;
  /** Authenticates the request's credential again without using it; throws like the gate. */
  readonly prove: () => Promise<Principal>;
  principal: Principal;
};

type Options = {
  /** How many a user may have at once; streams of many clients and calls beside them, but not without end. */
  readonly max_per_user: number;
  readonly recheck_ms: number;
  /** A credential that was let in and is refused since. */
  readonly onEnded: (principal: Principal) => void;
  /** A user whose rights are others than when the stream began. */
  readonly onRightsChanged: (principal: Principal) => void;
};

/**
 * The answers that are being given: streams and running calls. An open connection does not outlive the right to it: it
 * proves itself again when something is revoked, and every few seconds for what nobody announces, such as expiry.
 */
export class Exchanges {
  readonly #options: Options;
  readonly #open = new Set<Exchange>();
  readonly #counts = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: Options) {
    this.#options = options;
    this.#timer = setInterval(() => void this.recheck(), options.recheck_ms);
    this.#timer.unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Throws `rate_limited` when the user has too many open already. */
  add(exchange: Exchange): void {
    const { user_id } = exchange.principal;
    const count = this.#counts.get(user_id) ?? 0;
    if (count >= this.#options.max_per_user) {
      throw new Problem("rate_limited", `You have ${count} streams and calls open; end one and try again.`, {
        extra: { retry_after: 1 },
      });
    }
    this.#counts.set(user_id, count + 1);
    this.#open.add(exchange);
    exchange.response.once("close", () => {
      this.#open.delete(exchange);
      const left = (this.#counts.get(user_id) ?? 1) - 1;
      if (left === 0) this.#counts.delete(user_id);
      else this.#counts.set(user_id, left);
    });
  }

  /** Resolves when every exchange that is concerned has proved itself or was ended. */
  async recheck(concerned: Ended = { user_id: null, credential_id: null }): Promise<void> {
    const { user_id, credential_id } = concerned;
    const matching = [...this.#open].filter(
      ({ principal }) =>
        (user_id === null || user_id === principal.user_id) &&
        (credential_id === null || credential_id === principal.credential.id),
    );
    await Promise.all(matching.map((exchange) => this.#prove(exchange)));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { response } of this.#open) response.destroy();
  }

  async #prove(exchange: Exchange): Promise<void> {
    const before = exchange.principal;
    try {
      exchange.principal = await exchange.prove();
      if (rightsOf(exchange.principal) !== rightsOf(before)) this.#options.onRightsChanged(exchange.principal);
    } catch (thrown) {
      // a database that does not answer is no reason to end anything
      if (!(thrown instanceof Problem) || (thrown.code !== "unauthenticated" && thrown.code !== "forbidden")) return;
      exchange.response.destroy();
      this.#options.onEnded(before);
    }
  }
}

const rightsOf = ({ permissions, scopes, group_ids }: Principal): string =>
  JSON.stringify([[...permissions].sort(), [...scopes].sort(), [...group_ids].sort()]);

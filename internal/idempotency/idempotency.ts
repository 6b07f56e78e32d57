import { randomUUID } from "node:crypto";
import type { Call } from "../operation/call.ts";
import { hashOf } from "../operation/schema.ts";
import type { Capability, IdempotencyGate } from "../operation/waist.ts";
import { Problem } from "../problem/problem.ts";
import type { Vault } from "../secret/secret.ts";
import type { IdempotencyRow, IdempotencyStore } from "./idempotency-store.ts";

type Deps = {
  readonly store: IdempotencyStore;
  readonly vault: Vault;
  /** Another one at every start of the daemon: rows of an earlier one are not running any more. */
  readonly boot_id?: string | undefined;
  readonly now?: (() => number) | undefined;
};

type Flight = { readonly input_hash: string; readonly result: Promise<unknown> };

const lifetime_ms = 24 * 3_600_000;

/**
 * One effect and one answer for all calls with the same key. A call that fails lets go of its key; one that a crash
 * cut off runs again, because services that create things recognise the key themselves.
 */
export class Idempotency implements IdempotencyGate {
  readonly #deps: Deps;
  readonly #bootId: string;
  readonly #flights = new Map<string, Flight>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#bootId = deps.boot_id ?? randomUUID();
  }

  async once(
    capability: Pick<Capability, "name">,
    key: string,
    input: unknown,
    call: Call,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    if (key.length === 0 || key.length > 255 || /[^\x20-\x7e]/.test(key)) {
      throw new Problem("invalid_input", "An idempotency key has 1 to 255 printable ASCII characters.");
    }
    const input_hash = this.#deps.vault.fingerprint(hashOf([ownerOf(call), input ?? {}]));
    const place = JSON.stringify([call.principal.user_id, capability.name, key]);
    for (;;) {
      const flight = this.#flights.get(place);
      if (flight === undefined) return this.#fly(place, input_hash, key, capability.name, call, run);
      if (flight.input_hash !== input_hash) throw otherInput();
      try {
        return await flight.result;
      } catch (thrown) {
        // only the one who runs it went away: the next in line runs it
        const left = thrown instanceof Problem && thrown.code === "cancelled";
        if (!left || call.signal.aborted) throw thrown;
      }
    }
  }

  /** Once an hour or so. */
  prune(): Promise<number> {
    return this.#deps.store.prune(this.#now() - lifetime_ms);
  }

  #fly(
    place: string,
    input_hash: string,
    key: string,
    operation: string,
    call: Call,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    const row: IdempotencyRow = {
      user_id: call.principal.user_id,
      operation,
      key,
      input_hash,
      state: "running",
      boot_id: this.#bootId,
      output: null,
      created_at: this.#now(),
    };
    const result = this.#settle(row, place, run).finally(() => this.#flights.delete(place));
    this.#flights.set(place, { input_hash, result });
    return result;
  }

  async #settle(row: IdempotencyRow, place: string, run: () => Promise<unknown>): Promise<unknown> {
    const { store, vault } = this.#deps;
    const known = await this.#claim(row);
    if (known?.output != null) return JSON.parse(vault.open(`idempotency/${place}`, known.output));
    let output: unknown;
    try {
      output = await run();
    } catch (thrown) {
      // a row that stays is taken over by the next call: it has no flight
      await store.release(row).catch(() => {});
      throw thrown;
    }
    const json = JSON.stringify(output ?? null);
    await store.finish(row, vault.seal(`idempotency/${place}`, json));
    return output;
  }

  /** Null when the call is ours to run, else the row that has the answer. */
  async #claim(row: IdempotencyRow): Promise<IdempotencyRow | null> {
    const { store } = this.#deps;
    for (;;) {
      const known = await store.claim(row);
      if (known === null) return null;
      const expired = known.created_at <= row.created_at - lifetime_ms;
      if (!expired && known.input_hash !== row.input_hash) throw otherInput();
      if (!expired && known.state === "done") return known;
      if (await store.takeOver(known, row)) return null;
    }
  }

  #now(): number {
    return (this.#deps.now ?? Date.now)();
  }
}

/**
 * An answer can hold a secret, such as a new token's: one token is not given what another has made, which may be more
 * than it could make itself. A person is the same in every browser.
 */
const ownerOf = ({ principal: { credential } }: Call): string | null =>
  credential.kind === "token" ? credential.id : null;

const otherInput = (): Problem =>
  new Problem(
    "conflict",
    "This key was used with other input, or with another token. Use a new idempotency key for a new call.",
  );

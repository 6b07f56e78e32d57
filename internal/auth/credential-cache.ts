import type { Principal } from "../operation/principal.ts";
import { concerns, type Revocation } from "./revocation.ts";

/** A verified credential. `use` notes that it was used; `ends_at` is when it ends if it is not used again. */
export type Loaded = {
  readonly principal: Principal;
  readonly ends_at: () => number;
  readonly use: (now: number) => void;
};

type Entry = { readonly loaded: Loaded; readonly until: number };

const mostEntries = 20_000;

/** Verified credentials by digest, for a few seconds. What is being loaded while something is revoked is not kept. */
export class CredentialCache {
  readonly #life: number;
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<Loaded | null>>();
  #generation = 0;

  /** `life` in milliseconds. */
  constructor(life: number) {
    this.#life = life;
  }

  async get(digest: string, now: number, load: () => Promise<Loaded | null>): Promise<Loaded | null> {
    const entry = this.#entries.get(digest);
    if (entry !== undefined && entry.until > now) return entry.loaded;
    const loading = this.#loading.get(digest) ?? this.#load(digest, now, load);
    return loading;
  }

  forget(revocation: Revocation): void {
    this.#generation += 1;
    this.#loading.clear();
    for (const [digest, { loaded }] of this.#entries) {
      if (concerns(revocation, loaded.principal)) this.#entries.delete(digest);
    }
  }

  async #load(digest: string, now: number, load: () => Promise<Loaded | null>): Promise<Loaded | null> {
    const generation = this.#generation;
    const loading = load();
    this.#loading.set(digest, loading);
    try {
      const loaded = await loading;
      if (loaded !== null && generation === this.#generation) this.#keep(digest, { loaded, until: now + this.#life });
      return loaded;
    } finally {
      if (this.#loading.get(digest) === loading) this.#loading.delete(digest);
    }
  }

  #keep(digest: string, entry: Entry): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    if (this.#entries.size <= mostEntries) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

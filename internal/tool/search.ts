import { analyse, compounds, termsOf } from "./analyser.ts";
import { isNearMiss } from "./near-miss.ts";
import { synonymsOf, withPhrases } from "./synonyms.ts";

/** What the search knows about a tool. */
export type SearchDocument = {
  readonly id: string;
  /** The namespace of its server, or empty for knot's own. */
  readonly server: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
};

export type Hit = { readonly id: string; readonly score: number };

export type SearchOptions = {
  readonly limit: number;
  /** Asked before cutting: what it refuses takes no place in the answer. */
  readonly allows?: (id: string) => boolean;
};

type Entry = {
  readonly id: string;
  readonly terms: ReadonlyMap<string, number>;
  /** Those of its terms that are whole names, beside their parts. */
  readonly wholes: readonly string[];
  readonly length: number;
  /** Of the search under way; zero between searches. */
  score: number;
};

const weights = { name: 8, title: 2, server: 5, description: 3, keywords: 3, parameter: 1 } as const;
const bm25 = { k: 6, b: 0.75 };
const synonymWeight = 0.2;
const fuzzyWeight = 0.5;
/** Guessing what a word meant looks at every term of the index. */
const guessedWords = 8;
/** A query is a sentence or two; more is somebody's document and would only cost time. */
const queryLimit = 2000;

/**
 * Finds tools by what a model says it wants to do: BM25 over one field of weighted term counts (BM25F), with synonyms
 * at a low weight. Tools come and go one by one; nothing is rebuilt.
 */
export class ToolIndex {
  readonly #entries = new Map<string, Entry>();
  /** By term, the tools it occurs in with its weighted count. */
  readonly #postings = new Map<string, Map<Entry, number>>();
  readonly #wholes = new Set<string>();
  #totalLength = 0;

  get size(): number {
    return this.#entries.size;
  }

  add(document: SearchDocument): void {
    this.remove(document.id);
    const entry = entryOf(document);
    this.#entries.set(entry.id, entry);
    this.#totalLength += entry.length;
    for (const [term, count] of entry.terms) {
      const postings = this.#postings.get(term);
      if (postings === undefined) this.#postings.set(term, new Map([[entry, count]]));
      else postings.set(entry, count);
    }
    for (const term of entry.wholes) this.#wholes.add(term);
  }

  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#totalLength -= entry.length;
    for (const term of entry.terms.keys()) {
      const postings = this.#postings.get(term);
      postings?.delete(entry);
      if (postings?.size !== 0) continue;
      this.#postings.delete(term);
      this.#wholes.delete(term);
    }
  }

  /** The best tools first; equal scores in the order of their ids. */
  search(query: string, { limit, allows = () => true }: SearchOptions): readonly Hit[] {
    const touched = this.#scored(this.#weighted(query));
    const best: Entry[] = [];
    for (const entry of touched) {
      const worst = best.length < limit ? undefined : best.at(-1);
      if (worst !== undefined && byScore(entry, worst) > 0) continue;
      if (!allows(entry.id)) continue;
      const at = best.findIndex((other) => byScore(entry, other) < 0);
      best.splice(at < 0 ? best.length : at, 0, entry);
      if (best.length > limit) best.pop();
    }
    const hits = best.map(({ id, score }) => ({ id, score }));
    for (const entry of touched) entry.score = 0;
    return hits;
  }

  /** The terms to rank by: those of the query, what misspelt ones may have meant, and synonyms. */
  #weighted(query: string): ReadonlyMap<string, number> {
    const text = withPhrases(query.slice(0, queryLimit));
    const knows = (term: string) => this.#postings.has(term);
    // of a whole name the parts match already
    const joined = compounds(text).filter((term) => knows(term) && !this.#wholes.has(term));
    const terms = [...new Set([...analyse(text, knows), ...joined])];
    const weighted = new Map<string, number>();
    for (const term of terms) for (const synonym of synonymsOf(term)) weighted.set(synonym, synonymWeight);
    for (const term of this.#meant(terms)) weighted.set(term, fuzzyWeight);
    for (const term of terms) weighted.set(term, 1);
    return weighted;
  }

  /** What words that no tool knows may have meant. For a known word a near miss is just another word. */
  #meant(terms: readonly string[]): readonly string[] {
    const unknown = terms.filter((term) => term.length > 3 && !this.#postings.has(term)).slice(0, guessedWords);
    if (unknown.length === 0) return [];
    return [...this.#postings.keys()].filter((known) => unknown.some((term) => isNearMiss(term, known)));
  }

  /** Every tool that has one of the terms, with its score. */
  #scored(weighted: ReadonlyMap<string, number>): readonly Entry[] {
    const { k, b } = bm25;
    const perLength = (k * b * this.#entries.size) / Math.max(1, this.#totalLength);
    const touched: Entry[] = [];
    for (const [term, weight] of weighted) {
      const postings = this.#postings.get(term);
      if (postings === undefined) continue;
      const factor = weight * (k + 1) * this.#rarity(postings.size);
      for (const [entry, count] of postings) {
        if (entry.score === 0) touched.push(entry);
        entry.score += (factor * count) / (count + k * (1 - b) + perLength * entry.length);
      }
    }
    return touched;
  }

  #rarity(count: number): number {
    return Math.log(1 + (this.#entries.size - count + 0.5) / (count + 0.5));
  }
}

const byScore = (a: Hit, b: Hit): number => b.score - a.score || (a.id < b.id ? -1 : 1);

function entryOf(document: SearchDocument): Entry {
  const terms = new Map<string, number>();
  const wholes: string[] = [];
  let length = 0;
  const count = (text: string, weight: number) => {
    for (const term of termsOf(text)) {
      terms.set(term.text, (terms.get(term.text) ?? 0) + weight);
      if (term.counts) length += weight;
      if (term.whole) wholes.push(term.text);
    }
  };
  count(document.name, weights.name);
  count(document.title, weights.title);
  count(document.server, weights.server);
  count(document.description, weights.description);
  count(document.keywords.join(" "), weights.keywords);
  for (const { name, text } of document.parameters) count(`${name} ${text}`, weights.parameter);
  return { id: document.id, terms, wholes, length, score: 0 };
}

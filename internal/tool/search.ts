import MiniSearch from "minisearch";
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
  /** Asked before ranking and cutting: what it refuses takes no place in the answer. */
  readonly allows?: (id: string) => boolean;
};

type Entry = {
  readonly id: string;
  readonly terms: ReadonlyMap<string, number>;
  /** Those of its terms that are whole names, beside their parts. */
  readonly wholes: readonly string[];
  readonly length: number;
};
type Indexed = { readonly id: string; readonly tokens: readonly string[] };

const weights = { name: 8, title: 2, server: 5, description: 3, keywords: 3, parameter: 1 } as const;
const bm25 = { k: 6, b: 0.75 };
const candidates = 50;
/** How many entries of the index one search may touch. */
const mostLooked = 2000;
const synonymWeight = 0.2;
const fuzzyWeight = 0.5;
/** Guessing what a word meant looks at every term of the index. */
const guessedWords = 8;
/** A query is a sentence or two; more is somebody's document and would only cost time. */
const queryLimit = 2000;

/**
 * Finds tools by what a model says it wants to do. MiniSearch over one weighted field proposes; BM25 over weighted term
 * counts (BM25F) with synonyms at a low weight decides. Tools come and go one by one; nothing is rebuilt.
 */
export class ToolIndex {
  readonly #mini = new MiniSearch<Indexed>({
    fields: ["tokens"],
    extractField: (entry, field) => entry[field as keyof Indexed] as string,
    stringifyField: (value) => value,
    // the index is fed terms, queries are analysed before they come here
    tokenize: (terms) => terms as unknown as string[],
    processTerm: (term) => term,
    searchOptions: { tokenize: (query) => query.split(" ") },
    autoVacuum: { minDirtCount: 50, minDirtFactor: 0.1 },
  });
  readonly #entries = new Map<string, Entry>();
  /** In how many tools a term occurs. */
  readonly #frequency = new Map<string, number>();
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
    for (const term of entry.terms.keys()) this.#frequency.set(term, (this.#frequency.get(term) ?? 0) + 1);
    for (const term of entry.wholes) this.#wholes.add(term);
    const tokens = [...entry.terms].flatMap(([term, count]) => Array<string>(count).fill(term));
    this.#mini.add({ id: entry.id, tokens });
  }

  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#totalLength -= entry.length;
    for (const term of entry.terms.keys()) {
      const left = (this.#frequency.get(term) ?? 1) - 1;
      if (left > 0) this.#frequency.set(term, left);
      else {
        this.#frequency.delete(term);
        this.#wholes.delete(term);
      }
    }
    this.#mini.discard(id);
  }

  /** The best tools first; equal scores in the order of their ids. */
  search(query: string, { limit, allows = () => true }: SearchOptions): readonly Hit[] {
    const weighted = this.#weighted(query);
    const known = [...weighted.keys()].filter((term) => this.#frequency.has(term));
    const telling = this.#telling(known);
    const proposed = this.#proposed(telling, weighted, allows);
    // the tools of the rare words may all be somebody else's
    const enough = proposed.length >= limit || telling.length === known.length;
    return (enough ? proposed : this.#proposed(known, weighted, allows))
      .map(({ id }) => ({ id, score: this.#score(id, weighted) }))
      .sort(byScore)
      .slice(0, limit);
  }

  /** The candidates for a place in the answer. */
  #proposed(
    asked: readonly string[],
    weighted: ReadonlyMap<string, number>,
    allows: (id: string) => boolean,
  ): readonly Hit[] {
    if (asked.length === 0) return [];
    const found = this.#mini.search(asked.join(" "), {
      combineWith: "OR",
      bm25: { ...bm25, d: 0 },
      boostTerm: (term) => weighted.get(term) ?? 1,
      filter: (result) => allows(result.id),
    });
    return (
      found
        // MiniSearch multiplies by the number of terms that matched, which drowns the rare one in a long request
        .map((result) => ({ id: String(result.id), score: result.score / result.queryTerms.length }))
        .sort(byScore)
        .slice(0, candidates)
    );
  }

  /** The terms to rank by: those of the query, what misspelt ones may have meant, and synonyms. */
  #weighted(query: string): ReadonlyMap<string, number> {
    const text = withPhrases(query.slice(0, queryLimit));
    const knows = (term: string) => this.#frequency.has(term);
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
    const unknown = terms.filter((term) => term.length > 3 && !this.#frequency.has(term)).slice(0, guessedWords);
    if (unknown.length === 0) return [];
    return [...this.#frequency.keys()].filter((known) => unknown.some((term) => isNearMiss(term, known)));
  }

  /** The rarest terms, as many as it is worth looking at: a term that most tools have tells little and costs most. */
  #telling(terms: readonly string[]): readonly string[] {
    const counted = terms.map((term) => ({ term, count: this.#frequency.get(term) ?? 0 }));
    const asked: string[] = [];
    let looked = 0;
    for (const { term, count } of counted.sort((a, b) => a.count - b.count)) {
      looked += count;
      if (looked > mostLooked && asked.length > 0) break;
      asked.push(term);
    }
    return asked;
  }

  #score(id: string, weighted: ReadonlyMap<string, number>): number {
    const entry = this.#entries.get(id);
    if (entry === undefined) return 0;
    const { k, b } = bm25;
    const norm = k * (1 - b + (b * entry.length * this.#entries.size) / this.#totalLength);
    let score = 0;
    for (const [term, weight] of weighted) {
      const count = entry.terms.get(term);
      if (count !== undefined) score += (weight * this.#rarity(term) * count * (k + 1)) / (count + norm);
    }
    return score;
  }

  #rarity(term: string): number {
    const count = this.#frequency.get(term) ?? 0;
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
  return { id: document.id, terms, wholes, length };
}

import { stemmer } from "stemmer";
import { stopWords } from "./stop-words.ts";

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;
/** A name such as GitHub or OpenAI. An identifier begins small or has more parts, and nobody asks for it as one word. */
const brand = /^\p{Lu}\p{Ll}+\p{Lu}+\p{Ll}*$/u;
const known = new Map<string, string>();
/** Stems are remembered because the same few thousand words come back; the bound keeps strangers' words from piling up. */
const knownLimit = 20_000;

/** One term of a text of the index. `counts`: it makes the text longer; stop words and wholes can be found but do not. */
export type Term = { readonly text: string; readonly counts: boolean; readonly whole: boolean };

/** What stands in a text as one word: its parts, and the whole when that is a name of its own. */
type Written = { readonly parts: readonly string[]; readonly whole: string | null };

/**
 * The terms of a query: NFKC, camelCase, snake_case and digits split, CJK as bigrams, stop words dropped, the rest
 * stemmed. A text of nothing but stop words keeps them. A name that the index `knows` as one word stays one.
 */
export function analyse(text: string, knows: (term: string) => boolean = () => false): readonly string[] {
  const words = writtenIn(text).flatMap(({ parts, whole }) =>
    whole !== null && knows(stemOf(whole)) ? [whole] : parts,
  );
  const kept = words.filter((word) => !stopWords.has(word));
  return (kept.length === 0 ? words : kept).map(stemOf);
}

/** As `analyse`, for the texts of the index: stop words stay, because a query may consist of nothing else. */
export const termsOf = (text: string): readonly Term[] =>
  writtenIn(text).flatMap(({ parts, whole }) => [
    ...parts.map((word) => ({ text: stemOf(word), counts: !stopWords.has(word), whole: false })),
    ...(whole === null ? [] : [{ text: stemOf(whole), counts: false, whole: true }]),
  ]);

/** The stems of each two words that stand together, written as one: "shut down" may be somebody's "shutdown". */
export function compounds(text: string): readonly string[] {
  const words = writtenIn(text).flatMap(({ parts }) => parts);
  return words.slice(1).map((word, at) => stemOf(`${words[at]}${word}`));
}

function writtenIn(text: string): readonly Written[] {
  const bigrams: string[] = [];
  const rest = text
    .normalize("NFKC")
    .replace(/['\u2019]/g, "")
    .replace(cjk, (run) => {
      const marks = [...run];
      if (marks.length === 1) bigrams.push(run);
      for (let at = 0; at + 1 < marks.length; at++) bigrams.push(`${marks[at]}${marks[at + 1]}`);
      return " ";
    });
  const written = (rest.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).map((word) => ({
    parts: partsOf(word),
    whole: brand.test(word) ? word.toLowerCase() : null,
  }));
  return bigrams.length === 0 ? written : [...written, { parts: bigrams, whole: null }];
}

/** The words in getHTTPStatus, ipv4 and PRs; the s of a plural stays where it is. */
function partsOf(word: string): readonly string[] {
  return word
    .replace(/(\p{Ll})(?=\p{Lu})/gu, "$1 ")
    .replace(/(\p{Lu})(?=\p{Lu}\p{Ll})(?!\p{Lu}s(?!\p{L}))/gu, "$1 ")
    .replace(/(\p{L})(?=\p{N})/gu, "$1 ")
    .replace(/(\p{N})(?=\p{L})/gu, "$1 ")
    .toLowerCase()
    .split(" ");
}

function stemOf(word: string): string {
  const seen = known.get(word);
  if (seen !== undefined) return seen;
  const stem = /^[a-z]+$/.test(word) ? stemmer(word) : word;
  if (known.size >= knownLimit) known.clear();
  known.set(word, stem);
  return stem;
}

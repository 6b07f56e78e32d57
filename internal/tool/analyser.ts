import { stemmer } from "stemmer";
import { stopWords } from "./stop-words.ts";

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;
const known = new Map<string, string>();
/** Stems are remembered because the same few thousand words come back; the bound keeps strangers' words from piling up. */
const knownLimit = 20_000;

/**
 * The terms of a text, for the index and for queries alike: NFKC, camelCase, snake_case and digits split, CJK as
 * bigrams, stop words dropped, the rest stemmed. A text of nothing but stop words keeps them.
 */
export function analyse(text: string): readonly string[] {
  const words = wordsOf(text);
  const kept = words.filter((word) => !stopWords.has(word));
  return (kept.length === 0 ? words : kept).map(stemOf);
}

/** As `analyse`, for the texts of the index: stop words stay, because a query may consist of nothing else. */
export const analyseAll = (text: string): readonly string[] => wordsOf(text).map(stemOf);

/** The stems of each two words that stand together, written as one: "shut down" may be somebody's "shutdown". */
export function compounds(text: string): readonly string[] {
  const words = wordsOf(text);
  return words.slice(1).map((word, at) => stemOf(`${words[at]}${word}`));
}

function wordsOf(text: string): readonly string[] {
  const bigrams: string[] = [];
  const rest = text.normalize("NFKC").replace(cjk, (run) => {
    const marks = [...run];
    if (marks.length === 1) bigrams.push(run);
    for (let at = 0; at + 1 < marks.length; at++) bigrams.push(`${marks[at]}${marks[at + 1]}`);
    return " ";
  });
  const split = rest
    .replace(/['\u2019]/g, "")
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .replace(/(\p{L})(\p{N})/gu, "$1 $2")
    .replace(/(\p{N})(\p{L})/gu, "$1 $2")
    .toLowerCase();
  return [...(split.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []), ...bigrams];
}

function stemOf(word: string): string {
  const seen = known.get(word);
  if (seen !== undefined) return seen;
  const stem = /^[a-z]+$/.test(word) ? stemmer(word) : word;
  if (known.size >= knownLimit) known.clear();
  known.set(word, stem);
  return stem;
}

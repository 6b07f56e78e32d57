/**
 * The candidate a word most likely meant, or undefined when none is close: a word mistyped, shortened (cmd for command),
 * cut (timeout for timeout_seconds) or with a part too much (file_path for path). Compares without case.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  // with every letter replaced, any short word would be near
  const limit = Math.min(word.length - 1, Math.max(2, Math.floor(word.length / 3)));
  let best: string | undefined;
  let least = limit + 1;
  let related: string | undefined;
  for (const candidate of candidates) {
    const [mine, other] = [word.toLowerCase(), candidate.toLowerCase()];
    const distance = isShortFor(mine, other) ? 0.5 + other.length / 1000 : editDistance(mine, other);
    if (distance < least) [best, least] = [candidate, distance];
    if (other.startsWith(`${mine}_`) || mine.split("_").includes(other)) related ??= candidate;
  }
  return least <= 1 ? best : (related ?? best);
}

/** A word of three letters or more that leaves letters out, but neither the first nor the last. */
function isShortFor(word: string, candidate: string): boolean {
  if (word.length < 3 || word.length >= candidate.length) return false;
  if (word[0] !== candidate[0] || word.at(-1) !== candidate.at(-1)) return false;
  let at = 0;
  for (const letter of candidate) if (letter === word[at]) at++;
  return at === word.length;
}

/** Damerau's distance with adjacent swaps: insertions, deletions, replacements and swaps each cost one. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1);
      }
      row.push(distance);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

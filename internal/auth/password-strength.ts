import { commonPasswords } from "./common-passwords.ts";

const shortest = 12;
const longest = 128;
const fewestDifferent = 5;

const rows = [
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
];
const sequences = [...rows, "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"];
const walks = sequences.flatMap((row) => [row, [...row].reverse().join("")]).map((row) => row.repeat(3));

const lookAlikes: Readonly<Record<string, string>> = {
  "@": "a",
  "4": "a",
  "3": "e",
  "1": "i",
  "!": "i",
  "0": "o",
  $: "s",
  "5": "s",
  "7": "t",
};

/**
 * Why a password is refused, as a sentence, or null. By ASVS 6.2: 12 to 128 characters, any characters, nothing that
 * is commonly used or made from `words`, which are the user's own names.
 */
export function weaknessOf(password: string, words: readonly string[]): string | null {
  const characters = [...password];
  if (characters.length < shortest) return `must have at least ${shortest} characters.`;
  if (characters.length > longest) return `must have at most ${longest} characters.`;
  if (new Set(characters).size < fewestDifferent) return `must have at least ${fewestDifferent} different characters.`;
  const plain = password.toLowerCase();
  const letters = plain.replace(/[^\p{L}]/gu, "");
  if (letters.length < 4 && /^[\d\s.,:;/_+-]*$/.test(plain)) return "must not be digits alone. Add words.";
  const stem = plain.replace(/[\d!-/:-@[-`{-~ ]+$/, "");
  if (stem.length >= 4 && walks.some((walk) => walk.includes(stem)))
    return "must not follow the keyboard or the alphabet.";
  const own = words.flatMap((word) => [word.toLowerCase(), ...word.toLowerCase().split(/[^\p{L}\d]+/u)]);
  const guessable = new Set([...own.filter((word) => word.length >= 3), ...commonPasswords, "knot"]);
  const straightened = plain.replace(/[@43!10$57]/g, (sign) => lookAlikes[sign] ?? sign);
  if (isMadeOf(plain, plain, guessable) || isMadeOf(plain, straightened, guessable)) {
    return "is too easily guessed: it is a common password or one of your names, with something appended.";
  }
  return null;
}

/**
 * Whether nothing but digits and signs is left of `plain` where one guessable word is taken out, however often it stands
 * there. The word is looked for in `spelling`, which is as long as `plain`.
 */
function isMadeOf(plain: string, spelling: string, words: ReadonlySet<string>): boolean {
  if (words.has(spelling)) return true;
  for (const word of words) {
    if (word.length < 3 || !spelling.includes(word)) continue;
    let [rest, at] = ["", 0];
    for (const part of spelling.split(word)) {
      rest += plain.slice(at, at + part.length);
      at += part.length + word.length;
    }
    if (!/[^\d\p{P}\p{S}\s]/u.test(rest)) return true;
  }
  return false;
}

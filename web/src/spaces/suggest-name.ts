const first = [
  "amber",
  "brisk",
  "calm",
  "clear",
  "deft",
  "early",
  "fine",
  "green",
  "keen",
  "light",
  "lucky",
  "mild",
  "quiet",
  "ready",
  "solid",
  "swift",
  "warm",
];
const second = [
  "anchor",
  "bend",
  "bowline",
  "braid",
  "cable",
  "clove",
  "cord",
  "hitch",
  "lark",
  "loop",
  "mast",
  "reef",
  "rope",
  "sail",
  "splice",
  "thread",
  "weave",
];

const oneOf = (words: readonly string[]): string => words[Math.floor(Math.random() * words.length)] ?? "space";

/** A name that is free among the given ones, such as "calm-bowline". */
export function suggestName(taken: readonly string[]): string {
  for (let tries = 0; tries < 50; tries += 1) {
    const name = `${oneOf(first)}-${oneOf(second)}`;
    if (!taken.includes(name)) return name;
  }
  return `space-${Date.now().toString(36)}`;
}

/** C0, DEL, C1, the line and paragraph separators, and the marks that reorder or hide text (Trojan Source, CVE-2021-42574). */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Untrusted text as one visible line: what could forge a line, colour a terminal or reorder text becomes an escape. */
export function printable(text: string, limit = 1000): string {
  const line = text
    .slice(0, limit)
    .toWellFormed()
    .replace(unprintable, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > limit ? `${line}...` : line;
}

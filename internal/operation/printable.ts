/**
 * C0, DEL, C1, the line and paragraph separators, the marks that reorder text (Trojan Source, CVE-2021-42574), and what
 * takes no room: soft hyphen, fillers, joiners, invisible operators, tags and variation selectors, in which whole
 * sentences can be hidden from people but not from models.
 */
const hidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** Untrusted text as one visible line: what could forge a line, colour a terminal or reorder text becomes an escape. */
export function printable(text: string, limit = 1000): string {
  const line = text
    .slice(0, limit)
    .toWellFormed()
    .replace(hidden, (mark) => escaped(mark.codePointAt(0) ?? 0));
  return text.length > limit ? `${line}...` : line;
}

const escaped = (code: number): string =>
  code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;

/** Untrusted text for a model: without what a person would not see. Line breaks and tabs stay. */
export const visible = (text: string): string =>
  text.replace(hidden, (mark) => (mark === "\n" || mark === "\t" ? mark : ""));

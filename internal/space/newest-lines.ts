/** The last whole lines of a text that fit into `max_bytes`; of a single line that does not fit, its end. */
export function newestLines(text: string, max_bytes: number): { text: string; lines: number; cut_bytes: number } {
  const bytes = Buffer.from(text);
  const start = bytes.length <= max_bytes ? 0 : startOf(bytes, bytes.length - max_bytes);
  const kept = bytes.subarray(start).toString();
  const lines = kept === "" ? 0 : kept.replace(/\n$/, "").split("\n").length;
  return { text: kept, lines, cut_bytes: start };
}

/** The first line that begins at `least` or after it, else the first character that does. */
function startOf(bytes: Buffer, least: number): number {
  const line = bytes.indexOf("\n", least - 1) + 1;
  if (line > 0 && line < bytes.length) return line;
  let start = least;
  // bytes of the form 10xxxxxx go on with a character of UTF-8
  while (start < bytes.length && ((bytes[start] as number) & 0xc0) === 0x80) start++;
  return start;
}

const context = 3;

/** Of a change that goes on for longer, the beginning is shown. */
const mostLines = 400;

type Step = { readonly kind: " " | "-" | "+"; readonly line: string };

/**
 * A unified diff of two texts, cut after `limit` characters. Costs what the comparison of the texts costs: only what
 * lies between the first difference and the last is taken apart, and of that no more than can be shown.
 */
export function unifiedDiff(path: string, before: string, after: string, limit = 8192): string {
  if (before === after) return "";
  const start = sameStart(before, after);
  const end = sameEnd(before, after, start);
  const [old, isOldCut] = firstLines(before.slice(start, before.length - end));
  const [fresh, isFreshCut] = firstLines(after.slice(start, after.length - end));
  const isCut = isOldCut || isFreshCut;
  const steps = stepsOf(old, fresh);
  const shown = isCut ? steps.slice(0, steps.findLastIndex(({ kind }) => kind === " ") + 1 || steps.length) : steps;
  const hunks = hunksOf(shown, lineAt(before, start));
  const text = [`--- ${path}`, `+++ ${path}`, ...hunks, ""].join("\n");
  if (text.length <= limit && !isCut) return text;
  return `${text.slice(0, limit).trimEnd()}\n[the rest of the diff was left out]\n`;
}

/** Where the first different line begins, with the lines of context before it. */
function sameStart(before: string, after: string): number {
  let at = 0;
  while (at < before.length && at < after.length && before.charCodeAt(at) === after.charCodeAt(at)) at++;
  if (at > 0) at = before.lastIndexOf("\n", at - 1) + 1;
  for (let line = 0; line < context && at > 0; line++) at = at < 2 ? 0 : before.lastIndexOf("\n", at - 2) + 1;
  return at;
}

/** How much is the same behind the last different line and its context, from the beginning of a line. */
function sameEnd(before: string, after: string, start: number): number {
  const most = Math.min(before.length, after.length) - start;
  let same = 0;
  while (same < most && codeBack(before, same) === codeBack(after, same)) same++;
  let at = before.length - same;
  for (let line = 0; line <= context; line++) {
    const next = before.indexOf("\n", at);
    if (next < 0) return 0;
    at = next + 1;
  }
  return before.length - at;
}

const codeBack = (text: string, distance: number): number => text.charCodeAt(text.length - 1 - distance);

function firstLines(text: string): [lines: string[], isCut: boolean] {
  let at = 0;
  for (let line = 0; line < mostLines; line++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return [linesOf(text), false];
    at = next + 1;
  }
  return [linesOf(text.slice(0, at)), at < text.length];
}

function lineAt(text: string, end: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** A last line without an end is another line than one with it. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop();
  if (last !== undefined && last !== "") lines.push(`${last}\n\\ No newline at end of file`);
  return lines;
}

function stepsOf(before: readonly string[], after: readonly string[]): Step[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (lines: readonly string[]): Step[] => lines.map((line) => ({ kind: " ", line }));
  return [
    ...same(before.slice(0, start)),
    ...shortestOf(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** Myers, "An O(ND) Difference Algorithm" (1986): the shortest way from one to the other. */
function shortestOf(a: readonly string[], b: readonly string[]): Step[] {
  const reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= a.length + b.length; d++) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      let x = goesDown(reach, k, d) ? at(reach, k + 1) : at(reach, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a, b);
    }
  }
  throw new Error("no way from one text to the other");
}

const at = (reach: ReadonlyMap<number, number>, k: number): number => reach.get(k) ?? -1;

const goesDown = (reach: ReadonlyMap<number, number>, k: number, d: number): boolean =>
  k === -d || (k !== d && at(reach, k - 1) < at(reach, k + 1));

function walkBack(trace: readonly Map<number, number>[], a: readonly string[], b: readonly string[]): Step[] {
  const steps: Step[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d] as Map<number, number>;
    const k = x - y;
    const from = goesDown(reach, k, d) ? k + 1 : k - 1;
    const [fromX, fromY] = [at(reach, from), at(reach, from) - from];
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      steps.push({ kind: " ", line: a[--x] as string });
      y--;
    }
    if (d === 0) break;
    steps.push(x === fromX ? { kind: "+", line: b[--y] as string } : { kind: "-", line: a[--x] as string });
  }
  return steps.reverse();
}

function hunksOf(steps: readonly Step[], firstLine: number): string[] {
  const isNear = steps.map(() => false);
  steps.forEach(({ kind }, index) => {
    if (kind !== " ") isNear.fill(true, Math.max(0, index - context), index + context + 1);
  });
  const output: string[] = [];
  let [oldLine, newLine, index] = [firstLine, firstLine, 0];
  while (index < steps.length) {
    let end = index;
    while (end < steps.length && isNear[end] === isNear[index]) end++;
    const part = steps.slice(index, end);
    const [olds, news] = [
      part.filter(({ kind }) => kind !== "+").length,
      part.filter(({ kind }) => kind !== "-").length,
    ];
    if (isNear[index]) {
      const range = (line: number, count: number) => `${count === 0 ? line - 1 : line},${count}`;
      output.push(
        `@@ -${range(oldLine, olds)} +${range(newLine, news)} @@`,
        ...part.map(({ kind, line }) => kind + line),
      );
    }
    [oldLine, newLine, index] = [oldLine + olds, newLine + news, end];
  }
  return output;
}

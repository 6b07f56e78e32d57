const hidden = /([\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0])/u;
const harmless = new Set(["\n", "\t"]);

/**
 * A text that somebody else wrote and a person decides by. Characters that turn the order of others around or cannot be
 * seen are shown by their numbers, so that what is read is what will be done; it cannot reorder what stands beside it.
 */
export function Revealed({ text }: { text: string }) {
  return (
    <bdi>
      {text.split(hidden).map((part, index) =>
        index % 2 === 0 || harmless.has(part) ? (
          part
        ) : (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text do not move
            key={index}
            title="A character that cannot be seen"
            className="rounded bg-bad-soft px-0.5 font-mono text-[0.85em] text-bad"
          >
            U+{part.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}
          </span>
        ),
      )}
    </bdi>
  );
}

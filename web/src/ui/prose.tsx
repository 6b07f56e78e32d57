/** A sentence of the server's; what it puts between backticks looks like what it is, something to type. */
export function Prose({ text }: { text: string }) {
  return text.split(/`([^`\n]+)`/).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence do not move
      <code key={index} className="rounded bg-ink/8 px-1 py-px font-mono text-[0.9em]">
        {part}
      </code>
    ) : (
      part
    ),
  );
}

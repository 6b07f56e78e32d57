import type { Ref, UIEventHandler } from "react";

type Props = {
  readonly text: string;
  readonly id?: string;
  readonly height?: string;
  readonly ref?: Ref<HTMLPreElement>;
  readonly onScroll?: UIEventHandler;
};

/** Machine text in its own scroll area. */
export function TextBlock({ text, id, height = "max-h-80", ref, onScroll }: Props) {
  return (
    <pre
      ref={ref}
      id={id}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={onScroll}
      className={`min-w-0 overflow-auto rounded-lg bg-sunken p-3 font-mono text-[0.8125rem] leading-relaxed ${height}`}
    >
      {text}
    </pre>
  );
}

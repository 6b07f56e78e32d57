import { useState } from "react";
import { Button, IconButton } from "./button.tsx";

type Props = {
  readonly text: string;
  readonly label?: string;
  /** Id of the element whose text is selected where there is no clipboard, as on plain http. */
  readonly fallback?: string;
  /** Only a picture, for lines of text. */
  readonly compact?: boolean;
};

/** Copies a text, and says that it did. */
export function CopyButton({ text, label = "Copy", fallback, compact = false }: Props) {
  const [state, setState] = useState<"idle" | "copied" | "selected">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      const node = fallback === undefined ? null : document.getElementById(fallback);
      if (node !== null) getSelection()?.selectAllChildren(node);
      setState("selected");
    }
    setTimeout(() => setState("idle"), 2500);
  };
  const words = { idle: label, copied: "Copied", selected: "Press Ctrl+C" };
  const icon = state === "copied" ? "check" : "copy";
  if (compact) {
    return (
      <>
        <IconButton icon={icon} label={words[state]} onClick={() => void copy()} className="size-7!" />
        <span role="status" className="sr-only">
          {state === "idle" ? "" : words[state]}
        </span>
      </>
    );
  }
  return (
    <Button icon={icon} onClick={() => void copy()}>
      <span aria-live="polite">{words[state]}</span>
    </Button>
  );
}

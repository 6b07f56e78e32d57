import { useState } from "react";
import { Button } from "./button.tsx";

/** Copies a text; without clipboard access (plain http) it selects the text of `fallback` instead. */
export function CopyButton({ text, label = "Copy", fallback }: { text: string; label?: string; fallback?: string }) {
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
  return (
    <Button icon={state === "copied" ? "check" : "copy"} onClick={() => void copy()}>
      <span aria-live="polite">{words[state]}</span>
    </Button>
  );
}

import { type KeyboardEvent, useRef, useState } from "react";

const most = 50;

/** A command line with the up and down arrows of a shell; what was run is kept as long as the page. */
export function useCommandLine() {
  const [line, setLine] = useState("");
  const past = useRef<readonly string[]>([]);
  const at = useRef(0);
  const type = (text: string) => {
    at.current = past.current.length;
    setLine(text);
  };
  const recall = (event: KeyboardEvent) => {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const next = at.current + step;
    if (step === 0 || next < 0 || next > past.current.length) return;
    event.preventDefault();
    at.current = next;
    setLine(past.current[next] ?? "");
  };
  const keep = (text: string) => {
    past.current = [...past.current.filter((old) => old !== text), text].slice(-most);
    at.current = past.current.length;
  };
  return { line, type, recall, keep };
}

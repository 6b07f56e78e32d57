import { useEffect, useRef } from "react";

const settleMs = 400;

/**
 * Whether a click counts: not within 400 ms of the last one or of a change of what the button does, because what changed
 * under a finger was not what the finger was meant for. With `fromStart`, neither does one on what has just appeared.
 */
export function useSettled({ meaning, fromStart }: { meaning: unknown; fromStart: boolean }): () => boolean {
  const last = useRef<unknown>(fromStart ? undefined : meaning);
  const since = useRef(fromStart ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (last.current === meaning) return;
    last.current = meaning;
    since.current = performance.now();
  }, [meaning]);
  return () => {
    const now = performance.now();
    if (now - since.current <= settleMs) return false;
    since.current = now;
    return true;
  };
}
